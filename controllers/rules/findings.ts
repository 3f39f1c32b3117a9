import { SEVERITIES } from '../../crds/issue.ts';
import { isSeverity, type RulePath } from '../../crds/issue-rule.ts';
import { REASON } from '../../crds/names.ts';
import type { Finding, Link } from '../../crds/report.ts';
import { MAX_FINDINGS } from '../../crds/report.ts';
import { parseTime } from '../../crds/time.ts';
import type { CompiledFinding } from './compile.ts';
import { type Look, shown, textAt } from './evaluate.ts';

/** What one member of `findings` makes of an object: one finding, none, or one an item. Throws a LookFault. */
export function findingsOf(finding: CompiledFinding, path: RulePath, look: Look): Finding[] {
  if (finding.each === undefined) return oneOf(finding, path, look);
  const { value: items, fault } = finding.each.items(look.bindings, look.budget);
  if (fault) return look.fail([...path, 'each'], finding.each.text, fault);
  if (items.length > MAX_FINDINGS * 20) return look.refuse([...path, 'each'], `has ${items.length} items: filter them`);
  return items.flatMap((item) => oneOf(finding, path, { ...look, bindings: { ...look.bindings, item } }));
}

function oneOf(finding: CompiledFinding, path: RulePath, look: Look): Finding[] {
  if (finding.when !== undefined) {
    const { value, fault } = finding.when.evaluate(look.bindings, look.budget);
    if (fault) look.fail([...path, 'when'], finding.when.text, fault);
    if (typeof value !== 'boolean') look.refuse([...path, 'when'], `must be true or false, not ${shown(value)}`);
    if (!value) return [];
  }
  const texts = new Map<string, string>();
  for (const { path: member, template } of finding.templates) {
    texts.set(member.join('.'), textAt([...path, ...member], template, look));
  }
  return [made(finding, texts, path, look)];
}

/** Members that may be left out are left out when their text is empty. */
function made(finding: CompiledFinding, texts: ReadonlyMap<string, string>, path: RulePath, look: Look): Finding {
  const required = (member: string): string => {
    const text = texts.get(member) ?? '';
    return text === '' ? look.refuse([...path, member], 'is empty') : text;
  };
  const severity = required('severity');
  if (!isSeverity(severity)) {
    return look.refuse([...path, 'severity'], `is ${shown(severity)}: must be one of ${SEVERITIES.join(', ')}`);
  }
  const reason = required('reason');
  if (!REASON.test(reason)) look.refuse([...path, 'reason'], `is ${shown(reason)}: must be one CamelCase word`);
  const dueAt = texts.get('dueAt');
  if (dueAt && parseTime(dueAt) === undefined) look.refuse([...path, 'dueAt'], `is ${shown(dueAt)}: must be RFC 3339`);
  const remediation = texts.get('remediation.text');
  const url = texts.get('remediation.url');
  const labels = labelsOf(texts);
  return {
    ...{ key: required('key'), type: required('type'), severity, reason, title: required('title') },
    ...present('description', texts.get('description')),
    ...present('group', texts.get('group')),
    ...present('dueAt', dueAt),
    ...(finding.links ? { links: linksOf(finding.links, texts) } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(remediation ? { remediation: { text: remediation, ...present('url', url) } } : {}),
  };
}

function present<Name extends string>(name: Name, text: string | undefined): { [key in Name]?: string } {
  return (text ? { [name]: text } : {}) as { [key in Name]?: string };
}

function linksOf(links: NonNullable<CompiledFinding['links']>, texts: ReadonlyMap<string, string>): Link[] {
  return links.flatMap(({ rel }, index): Link[] => {
    const url = texts.get(`links.${index}.url`);
    return url ? [{ rel, title: texts.get(`links.${index}.title`) || url, url }] : [];
  });
}

function labelsOf(texts: ReadonlyMap<string, string>): Record<string, string> {
  const prefix = 'labels.';
  return Object.fromEntries(
    [...texts].flatMap(([path, text]) => (path.startsWith(prefix) && text ? [[path.slice(prefix.length), text]] : [])),
  );
}
