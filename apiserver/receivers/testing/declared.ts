import { hash } from 'node:crypto';
import { parse } from 'yaml';
import { type WebhookReceiver, webhookReceiverSchema } from '../../../crds/webhook-receiver.ts';
import { compileReceiver, type Receiver } from '../compile.ts';
import { type Declaration, faultText } from '../declaration.ts';

export const TOKEN = 'a-token-of-a-test';
export const TOKEN_HASH = hash('sha256', TOKEN, 'hex');

/** A receiver as a user writes it, checked as it is anywhere. */
export function declared(yaml: string, origin: Declaration['origin'] = 'cluster'): Declaration {
  const { value, error } = webhookReceiverSchema.validate(parse(yaml));
  if (error) throw error;
  return { receiver: value as WebhookReceiver, origin };
}

export async function compiled(yaml: string): Promise<Receiver> {
  const { receiver, faults } = await compileReceiver(declared(yaml));
  if (receiver === undefined) throw new Error(faults.map(faultText).join('\n'));
  return receiver;
}

/** Says that a named check of a service is red or green, in order of arrival. */
export const CHECKS = `
kind: WebhookReceiver
metadata: {name: checks, namespace: team-a}
spec:
  authentication: {token: {sha256: ${TOKEN_HASH}}}
  subject: "{'apiVersion': 'example.com/v1', 'kind': 'Service', 'name': payload.service}"
  findings: |
    payload.ok ? [] : [{
      'key': payload.check, 'type': 'workload', 'severity': 'major', 'reason': 'CheckFailed',
      'title': payload.check + ' of ' + payload.service + ' fails',
      'description': has(payload.text) ? payload.text : null,
    }]
  resolve: "payload.ok ? [payload.check] : []"
`;

/** One report an alert, ordered by the alert's own time, in the namespace that it names. */
export const ALERTS = `
kind: ClusterWebhookReceiver
metadata: {name: alerts}
spec:
  authentication: {token: {sha256: ${TOKEN_HASH}, header: x-token}}
  match: "!has(payload.ping)"
  each: payload.alerts
  namespace: "has(item.labels.namespace) ? item.labels.namespace : ''"
  subject: "{'apiVersion': 'example.com/v1', 'kind': 'Thing', 'name': item.labels.thing}"
  observedAt: "item.status == 'firing' ? item.startsAt : item.endsAt"
  findings: |
    item.status != 'firing' ? [] : [{
      'key': item.labels.alertname, 'type': 'workload', 'severity': 'major', 'reason': 'Firing', 'title': item.labels.alertname,
    }]
  resolve: "item.status == 'firing' ? [] : [item.labels.alertname]"
`;
