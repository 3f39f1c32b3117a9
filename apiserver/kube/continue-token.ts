import { badRequest } from './status.ts';

/**
 * Where the next page of a list begins: after this object, and at the resourceVersion of the first page, which all
 * pages report (L8, L9). A keyset, not an offset: pages stay right while objects come and go.
 */
export interface ContinueToken {
  readonly resourceVersion: number;
  /** Of the last object of the page before. */
  readonly namespace: string;
  readonly name: string;
}

export function encodeContinueToken({ resourceVersion, namespace, name }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: 1, rv: resourceVersion, ns: namespace, name })).toString('base64url');
}

/** Throws 400 on anything that `encodeContinueToken` did not make (L10). */
export function decodeContinueToken(text: string): ContinueToken {
  const token = parse(text);
  if (!token) throw badRequest('invalid continue token: start the list again without it');
  return token;
}

function parse(text: string): ContinueToken | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { v, rv, ns, name } = value as Record<string, unknown>;
    if (v !== 1 || typeof ns !== 'string' || typeof name !== 'string') return undefined;
    if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv <= 0) return undefined;
    return { resourceVersion: rv, namespace: ns, name };
  } catch {
    return undefined;
  }
}
