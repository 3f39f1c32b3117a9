import type { OwningClusterApi } from '../../apiserver/kube/access/index.ts';
import type { ServingCertificate } from '../../apiserver/server.ts';
import { systemClock } from '../../controllers/runtime/clock.ts';
import { GROUP, VERSION } from '../../crds/names.ts';
import type { CertificateChoice } from '../commands/certificate-flags.ts';
import type { Log } from '../log.ts';
import { readCertificate, watchCertificate } from './certificate-files.ts';

/** The certificate that a server serves: from files that somebody else renews, or its own. */
export interface ServingCertificates extends AsyncDisposable {
  /** The one to serve now. */
  readonly current: ServingCertificate;
  /** Calls back with it, and with every later one. */
  follow(replace: (certificate: ServingCertificate) => void): void;
}

export interface CertificateOptions {
  readonly api: OwningClusterApi;
  /** Of the pod; undefined outside. */
  readonly namespace: string | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Undefined when the signal aborted before there was one. Throws a Failure for files that cannot be used. */
export async function openServingCertificates(
  choice: CertificateChoice,
  options: CertificateOptions,
): Promise<ServingCertificates | undefined> {
  const { log } = options;
  let current: ServingCertificate | undefined;
  let replace = (_: ServingCertificate): void => {};
  const set = (certificate: ServingCertificate): void => {
    if (current !== undefined) log.info({}, 'the serving certificate was renewed');
    current = certificate;
    replace(certificate);
  };
  const opened =
    choice.from === 'files' ? await openFiles(choice, set, options) : await openManaged(choice, set, options);
  if (opened === undefined) return undefined;
  const serving = (): ServingCertificate => current as ServingCertificate;
  return {
    get current() {
      return serving();
    },
    follow(callback) {
      replace = callback;
      replace(serving());
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

type SetCertificate = (certificate: ServingCertificate) => void;
type Files = Extract<CertificateChoice, { from: 'files' }>;
type Managed = Extract<CertificateChoice, { from: 'cluster' }>;

async function openFiles({ certFile, keyFile }: Files, set: SetCertificate, { log }: CertificateOptions) {
  const first = await readCertificate(certFile, keyFile);
  set(first);
  const ending = new AbortController();
  const running = watchCertificate(first, {
    certFile,
    keyFile,
    clock: systemClock,
    signal: ending.signal,
    onChange: set,
    onFault: (fault) => log.warn({ fault }, 'the serving certificate cannot be renewed'),
  });
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running;
    },
  };
}

async function openManaged(choice: Managed, set: SetCertificate, options: CertificateOptions) {
  const { api, namespace: own, log, signal } = options;
  const { service, namespace = own ?? 'faultline-system' } = choice;
  const [{ certificateCluster }, { openManagedCertificates }] = await Promise.all([
    import('../certificates/certificate-cluster.ts'),
    import('../certificates/managed-certificates.ts'),
  ]);
  const place = { namespace, secret: `${service}-serving`, apiService: `${VERSION}.${GROUP}` };
  const host = `${service}.${namespace}`;
  return await openManagedCertificates({
    cluster: certificateCluster(api, place),
    // The first is what the aggregator asks for; localhost is for kubectl port-forward.
    names: [`${host}.svc`, `${host}.svc.cluster.local`, host, 'localhost'],
    clock: systemClock,
    signal,
    onChange: set,
    onStep: (step, why) => log.info({ step, why, secret: `${namespace}/${place.secret}` }, 'the managed certificate'),
    onFault: (fault) => log.warn({ fault }, 'the managed certificate cannot be looked after'),
  });
}
