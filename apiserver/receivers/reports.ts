import { hash } from 'node:crypto';
import type { Finding, ObservedObject, Report, ReportBody, Subject } from '../../crds/report.ts';
import type { Receiver } from './compile.ts';
import type { Delivery, Values } from './evaluate.ts';

/**
 * The report of one item. Its parts are whatever the expressions made of a stranger's payload: the engine checks them as
 * it checks everybody's.
 */
export function reportOf(
  receiver: Receiver,
  values: Values,
  delivery: Delivery,
  how: { readonly index: number; readonly clusterScopedNamespace: string },
): Report {
  const chosen = typeof values.namespace === 'string' && values.namespace !== '' ? values.namespace : undefined;
  const namespace = receiver.namespace ?? chosen ?? how.clusterScopedNamespace;
  const observedAt = values.observedAt as string | undefined;
  return {
    source: receiver.source,
    namespace,
    subject: subjectOf(values.subject as Subject, receiver.namespace ?? chosen),
    order: orderOf(receiver, observedAt, delivery, how.index),
    ...(observedAt === undefined ? {} : { observedAt }),
    ...(values.observed === undefined ? {} : { observed: values.observed as ObservedObject }),
    body: bodyOf(receiver, values),
  };
}

/** Where nothing is said, the subject is where its issue lives; an empty namespace is a subject of the cluster. */
function subjectOf(subject: Subject, home: string | undefined): Subject {
  const { namespace = home, ...named } = subject;
  return namespace === undefined || namespace === '' ? named : { ...named, namespace };
}

/**
 * With a time of its own the newest payload decides, in whatever order they arrive; among payloads of one time the one
 * that arrived last, which is the sequence.
 */
function orderOf(
  { path }: Receiver,
  observedAt: string | undefined,
  delivery: Delivery,
  index: number,
): Report['order'] {
  const id = delivery.deliveryId === undefined ? {} : { deliveryId: ownId(path, delivery.deliveryId, index) };
  if (observedAt === undefined) return { class: 'received', ...id };
  const sequence = Math.round(delivery.receivedAt * 1_000);
  return { class: 'run', completedAt: observedAt, uid: '', detail: 0, epoch: 0, sequence, ...id };
}

/** Two receivers of one name in two namespaces are one source, and what a sender calls its delivery is its own affair. */
function ownId(path: string, deliveryId: string, index: number): string {
  return `${hash('sha256', JSON.stringify([path, deliveryId]), 'base64url')}.${index}`;
}

function bodyOf({ complete }: Receiver, values: Values): ReportBody {
  const findings = (values.findings ?? []) as Finding[];
  if (complete) return { complete: true, findings };
  return {
    complete: false,
    findings,
    ...(values.resolve === undefined ? {} : { resolve: values.resolve as string[] }),
  };
}

/** The expression that a path of a report came from: `body.findings[0].title` → `spec.findings[0].title`. */
export function expressionPath(path: string): string {
  const within = path.replace(/^\[\d+\]\.?/, '');
  if (within.startsWith('order.')) return 'spec.observedAt';
  return `spec.${within.replace(/^body\./, '')}`;
}
