import type { Loose } from './loose.ts';
import type { Subject } from './subject.ts';

const ALWAYS = ['metadata.name', 'metadata.namespace'];

/**
 * The fields that a field selector may name: those of the schema (`x-kubernetes-selectable-fields`, as CRDs publish
 * them), else those that the refusal of another one names.
 */
export async function selectableFields(subject: Subject): Promise<readonly string[]> {
  const published = await publishedFields(subject).catch(() => []);
  if (published.length > 0) return [...ALWAYS, ...published];
  const refusal = await subject.api.send(`${subject.collection}?limit=1&fieldSelector=spec.nobodyHasThis%3Dx`);
  if (refusal.status !== 400) return ALWAYS;
  const named = (refusal.json().message ?? '').split('only ')[1] ?? '';
  return [...new Set([...ALWAYS, ...[...named.matchAll(/"([A-Za-z0-9_.]+)"/g)].map(([, field]) => field as string)])];
}

async function publishedFields(subject: Subject): Promise<string[]> {
  const { components } = (await subject.document()) as { components?: { schemas?: Record<string, Loose> } };
  const { group, version, kind } = subject.target;
  for (const schema of Object.values(components?.schemas ?? {})) {
    const kinds = schema['x-kubernetes-group-version-kind'];
    if (!Array.isArray(kinds)) continue;
    if (!kinds.some((one: Loose) => one.group === group && one.version === version && one.kind === kind)) continue;
    const fields = schema['x-kubernetes-selectable-fields'];
    if (Array.isArray(fields)) return fields.map((one: { fieldPath?: string }) => one.fieldPath ?? '').filter(Boolean);
  }
  return [];
}
