import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { humanDuration } from '../../crds/duration.ts';
import type { Asker } from '../reading/ask.ts';
import { whereIs } from '../reading/fault.ts';
import { tooFarApart } from '../version/server-version.ts';
import { doubtful, type Finding, ok, type Patient, unknown, wrong } from './finding.ts';

/** Reports completed so much ahead of the database's clock are refused (design.md), and ages look wrong long before. */
const MAX_SKEW_MS = 60_000;
/** A certificate that ends sooner is told. */
const SOON_MS = 14 * 24 * 3_600_000;

/** What the first answer of a server says besides its words. */
export interface FirstAnswer {
  /** Its clock, ms since 1970. */
  readonly date: number | undefined;
  /** When its certificate ends, ms since 1970; undefined over plain HTTP. */
  readonly certificateEnds: number | undefined;
}

/** Rejects with a Failure of one line when nobody answers. */
export async function firstAnswer(asker: Asker): Promise<FirstAnswer> {
  const response = await asker.open('/version');
  const socket = response.socket as Partial<TLSSocket>;
  const { valid_to: until } = socket.getPeerCertificate?.() ?? {};
  response.resume();
  const date = Date.parse(response.headers.date ?? '');
  return {
    date: Number.isNaN(date) ? undefined : date,
    certificateEnds: until === undefined ? undefined : Date.parse(until),
  };
}

export function reached({ asker, server }: Patient): Finding {
  const who = server.direct ? 'Faultline itself' : `Kubernetes ${server.kubernetes ?? 'of an unknown version'}`;
  return ok('server', `${who} answers at ${whereIs(asker.connection)}`);
}

export function clock({ now }: Patient, { date }: FirstAnswer): Finding {
  if (date === undefined) return unknown('clock', 'the server does not say its time');
  // Its time is in whole seconds.
  const ahead = now - date;
  const away = Math.abs(ahead);
  if (away < MAX_SKEW_MS) return ok('clock', 'yours and that of the server agree');
  const by = `${humanDuration(away)} ${ahead > 0 ? 'ahead of' : 'behind'}`;
  return doubtful(
    'clock',
    `your clock is ${by} that of the server: ages are wrong by as much, and so are --since and --as-of`,
    'let NTP set the clock of this machine, and look at those of the nodes: what completes more than 60 s in the future is refused',
  );
}

/** Of the connection: the server's certificate when it is Faultline's own, and the client's. */
export function ownCertificates({ asker, server, now }: Patient, { certificateEnds }: FirstAnswer): Finding[] {
  const findings: Finding[] = [];
  if (server.direct && certificateEnds !== undefined) {
    findings.push(lasting('certificate', 'the serving certificate', certificateEnds, now, SERVING_FIX));
  }
  const { cert } = asker.connection;
  const ends = cert && endOf(cert);
  if (ends !== undefined) {
    findings.push(
      lasting(
        'credentials',
        'your client certificate',
        ends,
        now,
        'get a new kubeconfig from whoever runs the cluster',
      ),
    );
  }
  return findings.filter(({ check, verdict }) => check === 'certificate' || verdict !== 'ok');
}

const SERVING_FIX = 'start faultline up again: it renews what ends within 30 days';

/** A certificate that ends at `ends`. */
export function lasting(check: string, what: string, ends: number, now: number, fix: string): Finding {
  const at = new Date(ends).toISOString();
  if (ends < now) return wrong(check, `${what} expired at ${at}`, fix);
  if (ends - now < SOON_MS) return doubtful(check, `${what} expires at ${at}`, fix);
  return ok(check, `${what} is valid until ${at}`);
}

/** ms since 1970 at which the first certificate of a PEM ends; undefined when it is none. */
export function endOf(pem: Buffer | string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}

export function versions({ server: { faultline }, clientVersion }: Patient): Finding {
  if (faultline === undefined) return unknown('versions', 'the server does not say which Faultline it is');
  if (!tooFarApart(clientVersion, faultline)) {
    return ok('versions', `faultline ${clientVersion} here, ${faultline} at the server`);
  }
  return doubtful(
    'versions',
    `faultline ${clientVersion} here and ${faultline} at the server are more than one minor version apart`,
    `install faultline ${faultline} here, or upgrade the server`,
  );
}
