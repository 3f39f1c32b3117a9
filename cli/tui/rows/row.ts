import type { Issue } from '../../../crds/issue.ts';
import { SEVERITIES } from '../../../crds/issue-words.ts';
import { LABELS } from '../../../crds/names.ts';
import type { Row as TableRow } from '../../reading/issues.ts';
import { cellText } from '../../reading/print/table.ts';

/** What is kept of an issue: the cells of the server's Table, and what is filtered, sorted and grouped by. Never changes. */
export interface Row {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** 0 is critical, 3 is info; 4 is a word of a newer server. */
  readonly severity: number;
  readonly active: boolean;
  readonly type: string;
  readonly reason: string;
  readonly source: string;
  readonly subject: string;
  readonly title: string;
  readonly group: string;
  readonly application: string;
  readonly component: string;
  readonly assignee: string;
  readonly acknowledged: boolean;
  readonly flapping: boolean;
  readonly absent: boolean;
  readonly due: boolean;
  /** ms since 1970; 0: not. */
  readonly snoozedUntil: number;
  readonly openedAt: number;
  readonly lastSeenAt: number;
  readonly occurrences: number;
  readonly reopened: number;
  /** Of the columns, in their order; safe for a terminal. */
  readonly cells: readonly string[];
  /** Where to look further; '' for nowhere. */
  readonly link: string;
  /** All that is searched, in lower case, a text a line: made once, because every key of a filter looks at all of them. */
  readonly haystack: string;
}

export const UNKNOWN_SEVERITY = SEVERITIES.length;

/** Makes rows; equal texts are one string, because fifty thousand rows have few reasons, sources and namespaces. */
export class RowMaker {
  readonly #texts = new Map<string, string>();

  make({ cells, object }: TableRow): Row {
    const { metadata, spec, status } = object;
    const { labels = {} } = metadata;
    const namespace = this.#text(metadata.namespace);
    const name = cellText(metadata.name);
    const title = cellText(spec.title);
    const subject = cellText(subjectText(object));
    const link = linkOf(object);
    const reason = this.#text(spec.reason);
    const source = this.#text(spec.source);
    const type = this.#text(spec.type);
    const group = this.#text(spec.group);
    const assignee = this.#text(status.assignee);
    const known = [name, title, subject, link];
    // One literal: of fifty thousand objects each has the same shape and no room for more.
    return {
      key: `${namespace}/${name}`,
      namespace,
      name,
      severity: severityOf(spec.severity),
      active: status.state === 'Active',
      type,
      reason,
      source,
      subject,
      title,
      group,
      application: this.#text(labels[LABELS.application]),
      component: this.#text(labels[LABELS.component]),
      assignee,
      acknowledged: status.acknowledged !== undefined,
      flapping: isTrue(object, 'Flapping'),
      absent: isTrue(object, 'SourceAbsent'),
      due: (status.due ?? spec.dueAt) !== undefined,
      snoozedUntil: timeOf(status.snoozedUntil),
      openedAt: timeOf(status.openedAt),
      lastSeenAt: timeOf(status.lastSeenAt),
      occurrences: status.occurrences,
      reopened: status.reopened,
      cells: cells.map((cell) => this.#cell(cell, known)),
      link,
      haystack: [name, namespace, type, reason, source, subject, title, group, assignee].join('\n').toLowerCase(),
    };
  }

  /** What the row says already is not kept twice. */
  #cell(cell: unknown, known: readonly string[]): string {
    const text = cellText(cell);
    return known.find((each) => each === text) ?? this.#text(text);
  }

  #text(value: unknown): string {
    const text = cellText(value);
    if (text.length > LONGEST_SHARED) return text;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MOST_SHARED) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}

const LONGEST_SHARED = 80;
const MOST_SHARED = 20_000;

function severityOf(word: string): number {
  const found = (SEVERITIES as readonly string[]).indexOf(word);
  return found < 0 ? UNKNOWN_SEVERITY : found;
}

function subjectText({ spec: { subject } }: Issue): string {
  return `${subject.kind}/${subject.name}${subject.aspect ? ` ${subject.aspect}` : ''}`;
}

function isTrue({ status }: Issue, type: string): boolean {
  return status.conditions?.some((each) => each.type === type && each.status === 'True') ?? false;
}

function timeOf(time: string | undefined): number {
  return time === undefined ? 0 : Date.parse(time);
}

/** As `faultline open` chooses. Only what a browser may be given. */
function linkOf({ spec: { links = [] } }: Issue): string {
  const link = links.find(({ rel }) => rel === 'log') ?? links.find(({ rel }) => rel === 'console') ?? links[0];
  return link !== undefined && /^https?:\/\//i.test(link.url) && URL.canParse(link.url) ? new URL(link.url).href : '';
}
