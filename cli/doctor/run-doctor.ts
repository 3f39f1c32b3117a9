import { oneLine } from '../../crds/text.ts';
import type { DoctorOptions } from '../commands/doctor.ts';
import { EXIT, Failure } from '../exit.ts';
import { packageVersion } from '../package-info.ts';
import { Asker } from '../reading/ask.ts';
import { connectToRead } from '../reading/connect.ts';
import { objectText } from '../reading/print/object.ts';
import { type Streams, wantsColor } from '../streams.ts';
import { serverVersion } from '../version/server-version.ts';
import { authority, availability, discovery, readApiService } from './api-service.ts';
import { clock, firstAnswer, ownCertificates, reached, versions } from './cluster.ts';
import { connectionFault } from './connection-faults.ts';
import { controllers } from './controllers.ts';
import { database } from './database.ts';
import type { Finding, Patient, Verdict } from './finding.ts';
import { issues } from './issues.ts';
import { rights } from './rights.ts';

/** `faultline doctor`: answers the exit code, 1 when something is wrong. `now`: ms since 1970. */
export async function runDoctor(options: DoctorOptions, streams: Streams, now = Date.now): Promise<number> {
  const { output } = options;
  const findings: Finding[] = [];
  for await (const finding of examine(options, streams, now)) {
    findings.push(finding);
    if (output === 'text') streams.out.write(`${linesOf(finding, streams).join('\n')}\n`);
  }
  if (output !== 'text') streams.out.write(await objectText({ findings }, output));
  return findings.some(({ verdict }) => verdict === 'failed') ? EXIT.failure : EXIT.ok;
}

/** Who asks a doctor does not wait a minute for a server that is silent. */
const PATIENCE_MS = 10_000;

/** One look after the other, as far as they make sense. */
async function* examine(options: DoctorOptions, streams: Streams, now: () => number): AsyncGenerator<Finding> {
  let asked: string | undefined;
  try {
    const connection = await connectToRead(options, streams);
    asked = connection.server;
    await using asker = new Asker({ timeoutMs: PATIENCE_MS, ...connection }, streams.signal);
    const namespace = options.namespace ?? asker.connection.namespace ?? 'default';
    const first = await firstAnswer(asker);
    const server = await serverVersion(asker);
    const patient: Patient = { asker, namespace, server, now: now(), clientVersion: packageVersion() };
    yield reached(patient);
    yield clock(patient, first);
    yield versions(patient);
    yield* ownCertificates(patient, first);
    yield* served(patient);
  } catch (error) {
    if (!(error instanceof Failure) || streams.signal.aborted) throw error;
    // Nobody answers, or nobody knows whoever asks.
    yield connectionFault(error, asked);
  }
}

async function* served(patient: Patient): AsyncGenerator<Finding> {
  const { service, findings } = patient.server.direct
    ? { service: undefined, findings: [] }
    : await readApiService(patient.asker);
  yield* findings;
  // Not installed: whatever else is asked answers the same.
  if (findings.some(({ verdict }) => verdict === 'failed')) return;
  if (service !== undefined) {
    const available = availability(service);
    yield available;
    yield authority(service, patient);
    if (available.verdict === 'failed') return;
  }
  const discovered = await discovery(patient);
  yield* discovered;
  if (discovered.some(({ verdict }) => verdict === 'failed')) return;
  yield* await rights(patient);
  yield* await database(patient, service);
  yield* await controllers(patient);
  yield* await issues(patient);
}

const SIGNS: Readonly<Record<Verdict, string>> = { ok: 'ok', warning: 'warning', failed: 'FAILED', unknown: 'unknown' };
const COLOURS: Readonly<Record<Verdict, string>> = { ok: '32', warning: '33', failed: '1;31', unknown: '2' };
const MAX_LINE = 2_000;

/** Nothing in it is executed by a terminal, whoever the server is. */
function linesOf({ check, verdict, message, fix }: Finding, { out, env }: Streams): string[] {
  const sign = SIGNS[verdict].padEnd(9);
  const shown = wantsColor(out, env) ? `\u001b[${COLOURS[verdict]}m${sign}\u001b[0m` : sign;
  return [
    `${shown}${check.padEnd(13)}${oneLine(message, MAX_LINE)}`,
    ...(fix === undefined ? [] : [`${' '.repeat(9)}→ ${oneLine(fix, MAX_LINE)}`]),
  ];
}
