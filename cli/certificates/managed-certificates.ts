import type { ServingCertificate } from '../../apiserver/server.ts';
import { type Clock, pause } from '../../controllers/runtime/clock.ts';
import type { CertificateCluster } from './certificate-cluster.ts';
import { nextStep, type Step } from './next-step.ts';
import { fromData, toData } from './stored-certificates.ts';

/** Somebody may break the caBundle, register the API again, delete the Secret: all of it is mended so soon. */
const LOOK_EVERY_MS = 5_000;
/** Rounds without a pause: a whole rotation is four. More are replicas in each other's way. */
const MAX_ROUNDS = 10;

export interface ManagedCertificatesOptions {
  readonly cluster: CertificateCluster;
  /** What a certificate must be for; the first is what the aggregator verifies. */
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Serve this one from now on; called before `openManagedCertificates` resolves, too. */
  onChange(certificate: ServingCertificate): void;
  /** What was done, and why, for the log. */
  onStep(step: string, why: string): void;
  /** Told once per distinct cause; it is tried again, and the last certificate stays. */
  onFault(message: string): void;
}

/**
 * The certificates of one replica, shared with the others by a Secret (ADR 30). Every look decides anew from what the
 * cluster says; whoever writes first wins and the others look again. Resolves when there is one to serve; undefined when
 * the signal aborted before.
 */
export async function openManagedCertificates(
  options: ManagedCertificatesOptions,
): Promise<AsyncDisposable | undefined> {
  const managed = new ManagedCertificates(options);
  while (!(await managed.look()) && !options.signal.aborted) await pause(options.clock, LOOK_EVERY_MS, options.signal);
  if (options.signal.aborted) return undefined;
  const running = managed.run();
  return {
    async [Symbol.asyncDispose]() {
      managed.stop();
      await running;
    },
  };
}

class ManagedCertificates {
  readonly #options: ManagedCertificatesOptions;
  readonly #ending = new AbortController();
  #serving: ServingCertificate | undefined;
  #told = '';

  constructor(options: ManagedCertificatesOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const signal = AbortSignal.any([this.#options.signal, this.#ending.signal]);
    while (!signal.aborted) {
      await pause(this.#options.clock, LOOK_EVERY_MS, signal);
      if (!signal.aborted) await this.look();
    }
  }

  stop(): void {
    this.#ending.abort();
  }

  /** Does what has to be done now. Whether there is a certificate to serve. Never rejects. */
  async look(): Promise<boolean> {
    try {
      for (let round = 0; round < MAX_ROUNDS; round++) if (!(await this.#round())) break;
      this.#told = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#told) this.#options.onFault(message);
      this.#told = message;
    }
    return this.#serving !== undefined;
  }

  /** One change at most; true when there may be more to do at once. */
  async #round(): Promise<boolean> {
    const { cluster, names, clock, onStep } = this.#options;
    // In this order: who publishes a bundle has read it after the version on whose condition it writes. So none that is
    // older than another replica's ever replaces it.
    const trust = await cluster.trust();
    const secret = await cluster.secret();
    const step = nextStep({ stored: secret && fromData(secret.data), trusted: trust?.bundle, names, now: clock.now() });
    if (step.do !== 'nothing') return await this.#take(step, secret?.version);
    const { bundle, current } = step.stored;
    this.#serve(current);
    if (trust === undefined || trust.bundle === bundle) return false;
    const why = trust.setBy ? `${trust.setBy} had set another caBundle` : 'the caBundle was another';
    if (await cluster.writeTrust(bundle, trust.version)) onStep('published', why);
    return true;
  }

  async #take(step: Exclude<Step, { do: 'nothing' }>, version: string | undefined): Promise<true> {
    const { cluster, names, clock, onStep } = this.#options;
    // The library that signs is loaded only by who signs.
    const made = await (await import('./make-certificate.ts')).madeBy(step, names, clock.now());
    if (await cluster.writeSecret(toData(made), version)) onStep(step.do, step.why);
    return true;
  }

  #serve(certificate: ServingCertificate): void {
    const { cert, key } = this.#serving ?? {};
    if (cert === certificate.cert && key === certificate.key) return;
    this.#serving = certificate;
    this.#options.onChange(certificate);
  }
}
