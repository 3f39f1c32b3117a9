import { X509Certificate } from 'node:crypto';

/**
 * Whom the cluster lets speak for its users: the ConfigMap kube-system/extension-apiserver-authentication, which
 * every kube-apiserver writes at its start (A1, A3, A4). It changes when authorities are rotated, so it is watched,
 * and nothing that needs it is answered before it was read once.
 */

/** What the front proxy is called and how it says who the user is (A3). */
export interface RequestHeaderConfig {
  readonly roots: readonly X509Certificate[];
  /** Common names; empty allows any (`requestheader-allowed-names`). */
  readonly allowedNames: readonly string[];
  /** Header names in lower case. */
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

/** One version of the configuration, never changed: its identity tells cached verdicts apart. */
export interface AuthenticationConfig {
  /** Authorities whose certificates are users. */
  readonly clientRoots: readonly X509Certificate[];
  /** Absent where no aggregator speaks for users. */
  readonly requestHeader?: RequestHeaderConfig;
}

/** Where authenticators read the configuration of this moment; `undefined` until it is loaded. */
export type CurrentAuthenticationConfig = () => AuthenticationConfig | undefined;

/** For `faultline up`: one authority of our own, no front proxy. `clientCa`: PEM bundle. */
export function clientCertificatesOnly(clientCa: string): AuthenticationConfig {
  return { clientRoots: parseBundle(clientCa, 'client CA') };
}

/**
 * Reads the data of the ConfigMap. Throws an Error that names the key when a part of it cannot be used; a missing
 * `client-ca-file` or missing requestheader part only switches that way of authenticating off, as upstream does.
 */
export function parseAuthenticationConfig(data: Readonly<Record<string, string>>): AuthenticationConfig {
  const clientRoots = parseBundle(data['client-ca-file'] ?? '', 'client-ca-file');
  const requestHeaderCa = data['requestheader-client-ca-file'] ?? '';
  if (requestHeaderCa === '') return { clientRoots };
  const list = (key: string): readonly string[] => parseList(data[key], key);
  const headers = (key: string): readonly string[] => list(key).map((name) => name.toLowerCase());
  return {
    clientRoots,
    requestHeader: {
      roots: parseBundle(requestHeaderCa, 'requestheader-client-ca-file'),
      allowedNames: list('requestheader-allowed-names'),
      usernameHeaders: headers('requestheader-username-headers'),
      uidHeaders: headers('requestheader-uid-headers'), // absent before Kubernetes 1.33: then no header is a uid
      groupHeaders: headers('requestheader-group-headers'),
      extraHeaderPrefixes: headers('requestheader-extra-headers-prefix'),
    },
  };
}

function parseList(text: string | undefined, key: string): readonly string[] {
  if (text === undefined || text === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new Error(`${key} is not a JSON list of strings`);
}

function parseBundle(pem: string, key: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (pem.trim() !== '' && blocks.length === 0) throw new Error(`${key} holds no PEM certificate`);
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new Error(`certificate ${index + 1} of ${key} cannot be read`, { cause });
    }
  });
}
