import type { Link, LinkRelation, ObservedObject, Subject } from '../../../crds/issue.ts';
import { type Cell, type Report, type ReportResult, retryAfterSeconds } from '../../../crds/report.ts';
import type { UserInfo } from '../../kube/access/types.ts';
import type { StoredIssue } from '../../store/store.ts';
import { accessDenied, detailsOf, KiteError } from './errors.ts';
import { KITE, type KiteOptions } from './options.ts';
import type { RequestLink } from './requests.ts';

/** Something that a client of Kite says about one subject. */
export interface Said {
  readonly namespace: string;
  readonly subject: Subject;
  readonly observed?: ObservedObject;
  readonly body: Report['body'];
}

export interface Written {
  readonly issues: readonly StoredIssue[];
  /** Of the decision table. */
  readonly cells: readonly Cell[];
}

/**
 * What Kite's clients write are ordinary reports of the one source `kite`, in order of arrival: one engine, one way in.
 * Rights, namespaces and validation are the engine's.
 */
export class KiteWriter {
  readonly #options: KiteOptions;

  constructor(options: KiteOptions) {
    this.#options = options;
  }

  /** Stores what was said, in this order, and answers what the last of it did. Throws KiteError. */
  async report(said: readonly Said[], user: UserInfo): Promise<Written> {
    let issues: readonly StoredIssue[] = [];
    const reports = said.map(
      ({ observed, ...rest }): Report => ({
        ...rest,
        source: KITE,
        order: { class: 'received' },
        // It was written for the namespace where the issue lives, whatever its scope names.
        crossNamespaceText: true,
        ...(observed && { observed }),
      }),
    );
    const { results } = await this.#options.engine.submit(reports, user, {
      stored: (index, decided) => {
        if (index === reports.length - 1) issues = decided;
      },
    });
    const refused = results.find(({ status }) => status !== 200);
    if (refused) throw refusal(refused);
    return { issues, cells: results.at(-1)?.decisions?.map(({ cell }) => cell) ?? [] };
  }
}

/** Nothing of a foreign URL is shown as a link that is none: those that are not http or https are left out. */
export function linksOf(links: readonly RequestLink[], onRefused: (url: string) => void): Link[] {
  return links.flatMap(({ title, url }) => {
    if (!isWebUrl(url)) {
      onRefused(url);
      return [];
    }
    return [{ rel: relationOf(title), title, url }];
  });
}

function isWebUrl(url: string): boolean {
  return url.length <= 4_096 && /^https?:$/.test(URL.parse(url)?.protocol ?? '') && /^[\x21-\x7e]+$/.test(url);
}

function relationOf(title: string): LinkRelation {
  if (/\blogs?\b/i.test(title)) return 'log';
  return /\bdocs?\b/i.test(title) ? 'docs' : 'console';
}

function refusal(result: ReportResult): KiteError {
  const { status, error = '', details } = result;
  switch (status) {
    case 403:
      return accessDenied(error);
    case 404:
      return new KiteError(404, error);
    case 422:
      return new KiteError(400, 'Validation failed', details ? detailsOf(details) : error);
    case 429:
    case 503:
      return new KiteError(status, error, undefined, retryAfterSeconds([result]));
    default:
      return new KiteError(status, error);
  }
}
