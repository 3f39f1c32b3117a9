import { badRequest } from './status.ts';

/**
 * Where the next page of a list begins: after this object, and at the resourceVersion of the first page, which all
 * pages report (L8, L9). A keyset, not an offset: pages stay right while objects come and go. The form is upstream's
 * (`k8s.io/apiserver/pkg/storage/continue.go`), and so are the faults that are found in it.
 */
export interface ContinueToken {
  /** `present`: the rest of a list whose first pages are forgotten, as it is now (L10). */
  readonly resourceVersion: number | 'present';
  /** Of the last object of the page before. */
  readonly namespace: string;
  readonly name: string;
  /** ms since 1970: of which moment of the past the list is; absent for the present. */
  readonly asOf?: number | undefined;
}

const VERSION = 'meta.k8s.io/v1';
const PRESENT = -1;
const YEAR_10000 = Date.UTC(10_000, 0);

/** `listed`: the namespace of the list, '' for all; the token's key is relative to it. */
export function encodeContinueToken({ resourceVersion, namespace, name, asOf }: ContinueToken, listed: string): string {
  const rv = resourceVersion === 'present' ? PRESENT : resourceVersion;
  const start = `${listed === '' ? `${namespace}/` : ''}${name}\0`;
  return Buffer.from(JSON.stringify({ v: VERSION, rv, start, asOf })).toString('base64url');
}

/** Throws 400 on anything that `encodeContinueToken` did not make (L10). */
export function decodeContinueToken(text: string, listed: string): ContinueToken {
  const { v, rv, start, asOf } = parse(text);
  if (v !== VERSION) throw refused(`server does not recognize this encoded version ${v}`);
  if (rv === 0) throw refused(`incorrect encoded start resourceVersion (version ${VERSION})`);
  if (start === '') throw refused(`encoded start key empty (version ${VERSION})`);
  const key = start.replace(/^\//, '');
  if (key !== '' && /(^|\/)\.{0,2}(\/|$)/.test(key)) throw refused(start); // nothing above or beside the list
  const [namespace, name] = listed === '' ? split(key) : [listed, key];
  const last = name.replace(/\0$/, '');
  if (`${namespace}${last}`.includes('\0')) throw refused(start); // no key has one
  const past = asOf === undefined ? {} : { asOf };
  return { resourceVersion: rv < 0 ? 'present' : rv, namespace, name: last, ...past };
}

/** A key without a slash is one that begins where that namespace does. */
function split(key: string): [string, string] {
  const slash = key.indexOf('/');
  return slash < 0 ? [key.replace(/\0$/, ''), ''] : [key.slice(0, slash), key.slice(slash + 1)];
}

function parse(text: string): { v: string; rv: number; start: string; asOf?: number } {
  const illegal = illegalByte(text);
  if (illegal !== undefined) throw refused(`illegal base64 data at input byte ${illegal}`);
  const value = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  const { v = '', rv = 0, start = '', asOf } = (value ?? {}) as Record<string, unknown>;
  const isMoment = asOf === undefined || (Number.isSafeInteger(asOf) && Math.abs(asOf as number) < YEAR_10000);
  if (typeof v === 'string' && typeof start === 'string' && Number.isSafeInteger(rv) && isMoment) {
    return { v, rv: rv as number, start, ...(asOf !== undefined && { asOf: asOf as number }) };
  }
  throw refused('it is not a continue token');
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && !Array.isArray(value)) return value;
  } catch {
    // as any other text
  }
  throw refused('it is not a continue token');
}

/** Where Go's base64.RawURLEncoding stops; it skips line ends. */
function illegalByte(text: string): number | undefined {
  const index = text.search(/[^\w\-\r\n]/);
  if (index >= 0) return index;
  return text.replace(/[\r\n]/g, '').length % 4 === 1 ? text.length - 1 : undefined;
}

function refused(why: string): Error {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
