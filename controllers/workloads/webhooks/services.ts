import { type Fields, fields, identifier, records, text } from '../../index.ts';

/** A Service that webhooks of one configuration call. */
export interface CalledService {
  readonly namespace: string;
  readonly name: string;
  readonly webhooks: readonly string[];
  /** Of one of them at least: the requests it is for are refused. */
  readonly refuses: boolean;
}

/** The Services that a webhook configuration calls. Webhooks with a URL of their own, and those without rules, call none. */
export function calledServices(configuration: unknown): readonly CalledService[] {
  const found = new Map<string, CalledService>();
  for (const webhook of records(fields(configuration).webhooks)) {
    const service = serviceOf(webhook);
    if (service === undefined || records(webhook.rules).length === 0) continue;
    const key = `${service.namespace}/${service.name}`;
    const before = found.get(key);
    const name = text(webhook.name) ?? 'unnamed';
    found.set(key, {
      ...service,
      webhooks: [...(before?.webhooks ?? []), name],
      // The default of admissionregistration.k8s.io/v1 is Fail.
      refuses: before?.refuses === true || webhook.failurePolicy !== 'Ignore',
    });
  }
  return [...found.values()];
}

function serviceOf(webhook: Fields): { namespace: string; name: string } | undefined {
  const { namespace, name } = fields(fields(webhook.clientConfig).service);
  const [where, called] = [identifier(namespace), identifier(name)];
  return where === undefined || called === undefined || where.length + called.length > 200
    ? undefined
    : { namespace: where, name: called };
}
