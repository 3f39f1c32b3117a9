import { readFile } from 'node:fs/promises';

/** Requests for issues as the API server's audit log has them: every one that a client sent, answered or not. */
export interface LoggedRequest {
  readonly userAgent: string;
  readonly verb: string;
  readonly query: URLSearchParams;
  /** HTTP code; 0 while there is no answer. */
  readonly code: number;
}

interface AuditEvent {
  readonly auditID: string;
  readonly verb: string;
  readonly userAgent: string;
  readonly requestURI: string;
  readonly responseStatus?: { readonly code?: number };
}

/** Text of an audit policy that logs the reads of issues and nothing else. */
export const auditPolicy = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  rules: [
    {
      level: 'Metadata',
      verbs: ['list', 'watch'],
      resources: [{ group: 'faultline.dev', resources: ['issues'] }],
    },
    { level: 'None' },
  ],
});

/** The requests of an audit log, in the order in which they were received. */
export async function readRequests(path: string): Promise<LoggedRequest[]> {
  const requests = new Map<string, LoggedRequest>();
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (line === '') continue;
    const { auditID, verb, userAgent, requestURI, responseStatus } = JSON.parse(line) as AuditEvent;
    const query = new URL(requestURI, 'https://api').searchParams;
    // The first answer counts: a stream that breaks later is logged once more, as a failure.
    const code = requests.get(auditID)?.code || (responseStatus?.code ?? 0);
    requests.set(auditID, { userAgent, verb, query, code });
  }
  return [...requests.values()];
}

/** What a client asked for, counted. */
export interface RequestCounts {
  /** Complete lists that were answered: of pages the first, and watches that send the initial events. */
  readonly lists: number;
  readonly watches: number;
  /** Answered with an error by the API server, when nobody was behind it. */
  readonly refused: number;
  /** Whether its watches ask for bookmarks. */
  readonly bookmarks: boolean;
  /** The parameters that it sends, without values that differ from request to request. */
  readonly sends: readonly string[];
}

export function countRequests(requests: readonly LoggedRequest[], isOf: (userAgent: string) => boolean): RequestCounts {
  const own = requests.filter(({ userAgent }) => isOf(userAgent));
  const isList = ({ verb, query }: LoggedRequest): boolean =>
    verb === 'list' ? !query.has('continue') : query.get('sendInitialEvents') === 'true';
  const answered = own.filter(({ code }) => code === 200);
  const watches = own.filter(({ verb }) => verb === 'watch');
  return {
    lists: answered.filter(isList).length,
    watches: answered.filter(({ verb }) => verb === 'watch').length,
    refused: own.filter(({ code }) => code >= 400).length,
    bookmarks: watches.some(({ query }) => query.get('allowWatchBookmarks') === 'true'),
    sends: [...new Set(own.map(describe))].sort(),
  };
}

const VARYING: Readonly<Record<string, string>> = { continue: '…', timeout: '…', timeoutSeconds: '…' };

function describe({ verb, query }: LoggedRequest): string {
  const parameters = [...query]
    .filter(([name]) => name !== 'watch')
    .map(([name, value]) => {
      const number = name === 'resourceVersion' && value !== '0' && value !== '' ? 'N' : value;
      return `${name}=${VARYING[name] ?? number}`;
    });
  return [verb, ...parameters.sort()].join(' ');
}
