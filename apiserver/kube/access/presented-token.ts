import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

/** What a request says of a bearer token: where it is, it is never the request's business to be believed. */
export type PresentedToken =
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'token'; readonly token: string };

/**
 * Browsers cannot give a WebSocket headers, so they and kube clients send the token as one more subprotocol: this and the
 * token in base64url without padding (`k8s.io/apiserver/pkg/authentication/request/websocket`).
 */
const TOKEN_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';
const PROTOCOLS = 'sec-websocket-protocol';
const ABSENT: PresentedToken = { kind: 'absent' };

/** Of the header Authorization, else of the subprotocols of a WebSocket. */
export function presentedToken(request: IncomingMessage): PresentedToken {
  const token = /^bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  return token === undefined ? subprotocolToken(request) : { kind: 'token', token };
}

/** Whether a subprotocol carries a token: it must neither be answered nor kept. */
export function isTokenProtocol(protocol: string): boolean {
  return protocol.startsWith(TOKEN_PROTOCOL);
}

/** Takes tokens out of the subprotocols that code behind this point sees. */
export function removeTokenProtocols(request: IncomingMessage): void {
  const asked = request.headers[PROTOCOLS];
  if (asked === undefined || !asked.includes(TOKEN_PROTOCOL)) return;
  const left = protocolsOf(asked).filter((protocol) => !isTokenProtocol(protocol));
  const { headers, headersDistinct, rawHeaders } = request;
  delete headers[PROTOCOLS];
  delete headersDistinct[PROTOCOLS];
  const rest = rawHeaders.filter((_, index) => rawHeaders[index - (index % 2)]?.toLowerCase() !== PROTOCOLS);
  if (left.length > 0) {
    const value = left.join(', ');
    headers[PROTOCOLS] = value;
    headersDistinct[PROTOCOLS] = [value];
    rest.push('Sec-WebSocket-Protocol', value);
  }
  request.rawHeaders = rest;
}

function subprotocolToken({ headers }: IncomingMessage): PresentedToken {
  const asked = headers[PROTOCOLS];
  if (asked === undefined || headers.upgrade?.toLowerCase() !== 'websocket') return ABSENT;
  const protocols = protocolsOf(asked);
  const [first, second] = protocols.filter(isTokenProtocol);
  if (first === undefined) return ABSENT;
  if (second !== undefined) return invalid('several of them are among the subprotocols');
  // It is not answered, and a browser ends a connection that was answered none of what it asked for.
  if (protocols.length === 1) return invalid('a further subprotocol must be asked for');
  const encoded = first.slice(TOKEN_PROTOCOL.length);
  const token = Buffer.from(encoded, 'base64url');
  if (token.toString('base64url') !== encoded) return invalid('its subprotocol is not base64url without padding');
  if (!isUtf8(token)) return invalid('its subprotocol is no text');
  return token.length === 0 ? ABSENT : { kind: 'token', token: token.toString('utf8') };
}

function protocolsOf(header: string): string[] {
  return header
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '');
}

function invalid(why: string): PresentedToken {
  return { kind: 'invalid', message: `bearer token: ${why}` };
}
