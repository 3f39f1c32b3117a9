import { multiLine, oneLine } from '../../index.ts';
import { httpURL } from '../../pipelines/links.ts';
import { MAX_TITLE, short } from '../../pipelines/words.ts';
import type { Options } from './options.ts';
import type { BundleVerdict } from './policy.ts';

/** "payments uses 3 outdated task bundles: init 0.2 is trusted until 2026-12-01". No age: it would change every day. */
export function title(component: string, { bundle, until }: BundleVerdict, count: number, reason: string): string {
  const bundles = count === 1 ? 'an outdated task bundle' : `${count} outdated task bundles`;
  const task = short(`${bundle.task}${bundle.tag === undefined ? '' : ` ${bundle.tag}`}`, 80);
  const since = until === undefined || until <= 0 ? '' : ` since ${iso(until).slice(0, 10)}`;
  const words =
    reason === 'TaskBundleUntrusted' || reason === 'TaskBundleExpired'
      ? `is not trusted${since}`
      : `is trusted until ${iso(until ?? 0).slice(0, 10)}`;
  return oneLine(`${component} uses ${bundles}: ${task} ${words}`, MAX_TITLE);
}

export function line({ bundle, until, newest }: BundleVerdict): string {
  const date = until === undefined || until <= 0 ? 'not trusted' : `until ${iso(until)}`;
  const update = newest === undefined || newest === bundle.tag ? '' : `; newest version ${short(newest, 64)}`;
  return `- ${short(bundle.name, 100)}: ${short(bundle.key.replace('oci://', ''), 200)} ${date}${update}`;
}

/** What the policy says about each, once; else where to update to. */
export function notes(verdicts: readonly BundleVerdict[]): string {
  const said = new Set(
    verdicts.flatMap(({ notes: message }) =>
      message === undefined ? [] : [multiLine(message.slice(0, 4_096), 1_000)],
    ),
  );
  const updates = verdicts
    .filter(({ bundle, newest }) => newest !== undefined && newest !== bundle.tag)
    .map(({ bundle, newest }) => `${short(bundle.task, 100)} ${bundle.tag ?? ''} → ${short(newest ?? '', 64)}`);
  const parts = [
    ...[...said].slice(0, 5),
    updates.length === 0 ? '' : `New versions, with migration notes: ${[...new Set(updates)].slice(0, 10).join(', ')}.`,
    'Merge the pull request of MintMaker that updates the references (konflux/references/<branch>).',
  ];
  return parts.filter((part) => part !== '').join('\n');
}

export function notesURL({ bundle, newest }: BundleVerdict, options: Options): string | undefined {
  if (newest === undefined || newest === bundle.tag) return undefined;
  const fill: Readonly<Record<string, string>> = { task: bundle.task, version: newest };
  return httpURL(
    options.migrationNotes.replace(/\{(task|version)\}/g, (_, name: string) => encodeURIComponent(fill[name] ?? '')),
  );
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}
