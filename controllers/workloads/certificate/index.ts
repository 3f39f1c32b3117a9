import {
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  type ObjectLike,
  oneLine,
  parseDuration,
  type Read,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { FINDINGS } from './catalogue.ts';
import { type Certificate, firstToEnd, parseChain } from './chain.ts';
import { type Options, optionsSchema } from './options.ts';

const TYPE = 'kubernetes.io/tls';
/** Of a Secret no annotation is kept but this: others may hold a copy of the key (controllers/runtime/strip.ts). */
const MADE_FOR = 'cert-manager.io/certificate-name';

/**
 * Certificates in Secrets (docs/controllers/workloads-certificate.md). Only Secrets of one type are asked for, and of those
 * only the certificate is kept: the key never gets beyond the reader of the watch.
 */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  watches: {
    apiVersion: 'v1',
    kind: 'Secret',
    fieldSelector: `type=${TYPE}`,
    fields: ['type', 'data["tls.crt"]', `metadata.annotations.${MADE_FOR}`],
  },
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  documentation: {
    summary:
      'Certificates in Secrets of the type `kubernetes.io/tls` that are over or end soon. It needs the right to read Secrets, which no other controller does: give it only where you want that. Of a Secret the certificate alone is kept; the private key is dropped as it arrives.',
    findings: FINDINGS.catalogue,
  },
  observe,
});

function observe(secret: DeepReadonly<ObjectLike>, read: Read, options: Options): Verdict {
  const { type, data } = fields(secret);
  if (type !== TYPE) return undecided('OtherType', { final: true });
  const encoded = text(fields(data)['tls.crt']);
  // cert-manager makes the Secret first and writes the certificate later.
  if (encoded === undefined) return undecided('NoCertificate');
  const timing = new Timing(read);
  const chain = parseChain(encoded);
  const findings = chain === undefined ? [invalid(secret)] : expiry(secret, firstToEnd(chain), options, timing);
  return observationOf(secret, findings, timing, options);
}

function invalid({ metadata }: DeepReadonly<ObjectLike>): Finding {
  return FINDINGS.of('CertificateInvalid', {
    title: oneLine(`Secret ${metadata.name} holds no valid certificate`, 200),
  });
}

/** What lives for a day is renewed every few hours: the last quarter of a life is late, whatever its length. */
const LATE = 0.25;

function expiry(
  secret: DeepReadonly<ObjectLike>,
  { name, from, to }: Certificate,
  { expiresWithin }: Options,
  timing: Timing,
): Finding[] {
  const warnAt = to - Math.min(parseDuration(expiresWithin), (to - from) * LATE);
  const left = to - timing.now;
  if (timing.now < warnAt) {
    timing.lookAgain(warnAt - timing.now);
    return [];
  }
  const who = `Certificate ${name} in Secret ${secret.metadata.name}`;
  const words = { dueAt: new Date(to).toISOString(), description: originOf(secret) };
  if (left <= 0) return [FINDINGS.of('CertificateExpired', { ...words, title: oneLine(`${who} has expired`, 200) })];
  timing.lookAgain(left);
  const day = words.dueAt.slice(0, 10);
  return [FINDINGS.of('CertificateExpiring', { ...words, title: oneLine(`${who} ends on ${day}`, 200) })];
}

function originOf({ metadata }: DeepReadonly<ObjectLike>): string {
  const made = metadata.annotations?.[MADE_FOR];
  return made === undefined ? '' : `Made by cert-manager for the Certificate ${oneLine(made.slice(0, 1_000), 253)}.`;
}
