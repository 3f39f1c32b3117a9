import type { Loose } from '../loose.ts';
import type { Target } from '../target.ts';

/**
 * The form of a body, without what two resources of the same shape differ in: names, numbers, times, how many objects
 * there are, which fields and columns they have, and the wording of messages that quote a parser.
 */
export function normalise(text: string, target: Target): unknown {
  if (text.startsWith('{"type":')) return eventsOf(text, target);
  try {
    return formOf(JSON.parse(text) as Loose, target);
  } catch {
    return text.trim();
  }
}

/** Kinds of events, each once: how many there are depends on the objects. */
function eventsOf(text: string, target: Target): unknown {
  const forms = text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: Loose };
      return JSON.stringify({ type, object: formOf(object, target) });
    });
  return [...new Set(forms)];
}

function formOf(body: Loose, target: Target): unknown {
  if (body.kind === 'Status') return statusOf(body, target);
  if (body.kind === 'Table') return tableOf(body, target);
  const { kind = '', items } = body;
  const form = { apiVersion: neutral(body.apiVersion, target), kind: neutral(kind, target) };
  if (items === undefined) return { ...form, metadata: metadataOf(body) };
  const [first] = items ?? [];
  return { ...form, list: listMetadataOf(body), items: items === null ? null : first && formOf(first, target) };
}

const PARSERS = ['BadRequest', 'Invalid', 'NotAcceptable'];

function statusOf({ message = '', details, metadata, ...rest }: Loose, target: Target): unknown {
  const causes = details?.causes?.map(({ field, reason }) => ({ field, reason }));
  return {
    ...rest,
    metadata: Object.keys(metadata ?? {}),
    message: PARSERS.includes(rest.reason ?? '')
      ? typeof message
      : neutral(message, target).replace(/current: \d+/, ''),
    details: details && {
      ...details,
      group: neutral(details.group, target),
      kind: neutral(details.kind, target),
      causes,
    },
  };
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
    end: annotations?.['k8s.io/initial-events-end'],
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
