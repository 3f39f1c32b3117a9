import type { IncomingMessage } from 'node:http';

/** Whether the client takes gzip, and not only the aggregator on the way to it (docs/adr/0038). */
export function acceptsGzip(request: IncomingMessage): boolean {
  const header = request.headers['accept-encoding'];
  const clauses = (typeof header === 'string' ? header : '').split(',').map((clause) => clause.trim());
  const taken = clauses.some((clause) => /^gzip\b/i.test(clause) && !/;\s*q=0(\.0*)?$/.test(clause));
  return taken && !isOfTheTransport(request.rawHeaders);
}

/**
 * Where its client asks for no encoding, the aggregator's transport asks for gzip and expands it before its client sees it.
 * Go sends the headers of a request in the order of their names, those of its proxy among them, and after all of
 * them what its transport adds (net/http: `Request.write`, `persistConn.roundTrip`). A client's own Accept-Encoding is
 * forwarded at its place. Whoever is taken for a transport by mistake gets what nobody has to compress.
 */
function isOfTheTransport(rawHeaders: readonly string[]): boolean {
  const [name, value] = rawHeaders.slice(-2);
  if (name?.toLowerCase() !== 'accept-encoding' || value !== 'gzip') return false;
  return rawHeaders.some((other, index) => index % 2 === 0 && other.toLowerCase() === 'x-forwarded-uri');
}
