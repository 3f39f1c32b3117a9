import type { Report } from '../../crds/report.ts';

/** Without the aspect: of a subject that is gone every aspect is. */
export function aboutOf({ source, namespace, subject: { kind, namespace: place = '', name } }: Report): string {
  return `${source} ${namespace} ${kind} ${place} ${name}`;
}

/** Of whom and where: what the server's limits count. */
export function placeOf({ source, namespace }: Report): string {
  return `${source} ${namespace}`;
}

/** What makes two looks of class `state` the same subject; undefined for reports that never replace each other. */
export function stateSubject({ source, namespace, subject, order, body }: Report): string | undefined {
  if (order.class !== 'state' || ('complete' in body && !body.complete)) return undefined;
  if ('deleted' in body && body.deleted === 'subject') return undefined;
  return JSON.stringify([
    source,
    namespace,
    subject.apiVersion,
    subject.kind,
    subject.namespace,
    subject.name,
    subject.aspect,
  ]);
}
