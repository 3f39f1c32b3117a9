import type { Loose } from '../loose.ts';
import type { Target } from '../target.ts';

/**
 * The form of a body, without what two resources of the same shape differ in: names, numbers, times, how many objects
 * there are, and which fields and columns they have.
 */
export function normalise(text: string, target: Target): unknown {
  if (text.startsWith('{"type":')) return eventsOf(text, target);
  const body = parsed(text);
  return body === undefined ? text.trim() : formOf(body, target);
}

function parsed(text: string): Loose | undefined {
  try {
    return JSON.parse(text) as Loose;
  } catch {
    return undefined;
  }
}

/**
 * Kinds of events, each once: how many there are depends on the objects. What happens meanwhile and bookmarks that end no
 * list come when they come.
 */
function eventsOf(text: string, target: Target): unknown {
  const forms = text
    .trimEnd()
    .split('\n')
    .filter((line) => !isByTheWay(line))
    .map((line) => {
      const event = parsed(line) as { type?: string; object?: Loose } | undefined;
      return event?.object ? JSON.stringify({ type: event.type, object: formOf(event.object, target) }) : line;
    });
  return [...new Set(forms)];
}

function isByTheWay(line: string): boolean {
  return (
    /^\{"type":"(MODIFIED|DELETED)"/.test(line) ||
    (/^\{"type":"BOOKMARK"/.test(line) && !line.includes(INITIAL_EVENTS_END))
  );
}

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

function formOf(body: Loose, target: Target): unknown {
  if (body.kind === 'Status') return statusOf(body, target);
  if (body.kind === 'Table') return tableOf(body, target);
  const { kind = '', items } = body;
  const form = { apiVersion: neutral(body.apiVersion, target), kind: neutral(kind, target) };
  if (items === undefined) return { ...form, metadata: metadataOf(body) };
  const [first] = items ?? [];
  return { ...form, list: listMetadataOf(body), items: items === null ? null : first && formOf(first, target) };
}

function statusOf({ message = '', details, metadata, ...rest }: Loose, target: Target): unknown {
  const causes = details?.causes?.map(({ field, reason }) => ({ field, reason }));
  return {
    ...rest,
    metadata: Object.keys(metadata ?? {}),
    message: rest.reason === 'NotAcceptable' ? typeof message : wording(neutral(message, target)),
    details: details && {
      ...details,
      group: neutral(details.group, target),
      kind: neutral(details.kind, target),
      causes,
    },
  };
}

/** Without numbers, names of Go types and what a parser of tokens says; which media types are served is the server's own. */
function wording(message: string): string {
  return message
    .replace(/current: \d+/, 'current')
    .replace(/ \(\*[\w.]+\)/g, '')
    .replace(/(invalid continue token): .*/s, '$1');
}

function tableOf(table: Loose, target: Target): unknown {
  const { apiVersion, kind, columnDefinitions: columns, rows } = table;
  const [row] = rows ?? [];
  const object = row?.object;
  return {
    apiVersion,
    kind,
    list: listMetadataOf(table),
    columns: columns?.slice(0, 1).map(({ name, type, format, priority }) => ({ name, type, format, priority })) ?? null,
    row: row && { fields: Object.keys(row).sort(), object: object ? formOf(object, target) : object },
  };
}

function listMetadataOf({ metadata = {} }: Loose): unknown {
  // Objects come and go between pages and lists; whether there are more is seen by L8.
  const { continue: _, remainingItemCount: __, ...rest } = metadata;
  return rest.resourceVersion === '' ? 'empty resourceVersion' : Object.keys(rest).sort();
}

/** Which of the fields that every object has are there. */
function metadataOf({ metadata = {} }: Loose): unknown {
  const { annotations } = metadata;
  const always = ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'];
  return {
    fields: always.filter((field) => Boolean(metadata[field])),
    end: annotations?.[INITIAL_EVENTS_END],
  };
}

function neutral(text: string | undefined, target: Target): string {
  const { group, version, plural, kind, namespace } = target;
  let neutralised = (text ?? '')
    .replaceAll(`${group}/${version}`, 'GROUP/VERSION')
    .replaceAll(group, 'GROUP')
    .replaceAll(`${kind}List`, 'KINDList');
  if (neutralised === kind) neutralised = 'KIND';
  if (neutralised === plural) neutralised = 'PLURAL';
  return neutralised.replaceAll(`${plural}.`, 'PLURAL.').replaceAll(`"${namespace}"`, '"NAMESPACE"');
}
