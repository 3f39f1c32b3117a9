import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ServingCertificate } from '../../apiserver/server.ts';
import { type Clock, pause } from '../../controllers/runtime/clock.ts';
import { Failure } from '../exit.ts';

// cert-manager renews weeks ahead and kubelet needs about a minute to bring it: this is soon enough.
const LOOK_EVERY_MS = 30_000;

/** The serving certificate from its files. Throws a Failure that names the file that is wrong. */
export async function readCertificate(certFile: string, keyFile: string): Promise<ServingCertificate> {
  const [cert, key] = await Promise.all([read(certFile), read(keyFile)]);
  const certificate = parsed(certFile, 'certificate', () => new X509Certificate(cert));
  const privateKey = parsed(keyFile, 'private key', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) throw new Failure(`${keyFile} is not the key of ${certFile}`);
  return { cert, key };
}

export interface WatchCertificateOptions {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  onChange(certificate: ServingCertificate): void;
  /** Told once per distinct cause; the last good certificate stays. */
  onFault(message: string): void;
}

/** Reads the files again every 30 s (X12). The two are replaced one after the other: a pair that does not fit waits. */
export async function watchCertificate(current: ServingCertificate, options: WatchCertificateOptions): Promise<void> {
  const { certFile, keyFile, clock, signal } = options;
  let serving = current;
  let told = '';
  for (;;) {
    await pause(clock, LOOK_EVERY_MS, signal);
    if (signal.aborted) return;
    try {
      const found = await readCertificate(certFile, keyFile);
      if (found.cert !== serving.cert || found.key !== serving.key) options.onChange(found);
      serving = found;
      told = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== told) options.onFault(message);
      told = message;
    }
  }
}

async function read(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(`cannot read ${file}: ${cause.code === 'ENOENT' ? 'no such file' : cause.code}`, { cause });
  });
}

function parsed<T>(file: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new Failure(`${file} holds no ${what} in PEM`, { cause });
  }
}
