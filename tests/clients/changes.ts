import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding, Report } from '../../crds/report.ts';

/** mulberry32: the same numbers in [0, 1) for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SEVERITIES = ['critical', 'major', 'minor', 'info'] as const;
const APPLICATIONS = ['shop', 'bank', 'blog'] as const;

interface SubjectState {
  readonly namespace: string;
  readonly name: string;
  active: boolean;
  finding: Finding;
}

export interface ChangesOptions {
  readonly seed: number;
  /** Subjects of each namespace. */
  readonly subjects: Readonly<Record<string, number>>;
}

/**
 * Reports each of which changes one issue: it opens, is updated, changes the labels by which clients select, resolves,
 * has its subject deleted, or reopens. What resolved is hidden later by the server's sweeper.
 */
export class RandomChanges {
  readonly #random: () => number;
  readonly #seed: number;
  readonly #subjects: SubjectState[];
  #made = 0;

  constructor({ seed, subjects }: ChangesOptions) {
    this.#seed = seed;
    this.#random = randomNumbers(seed);
    this.#subjects = Object.entries(subjects).flatMap(([namespace, count]) =>
      Array.from({ length: count }, (_, index) => ({
        ...{ namespace, name: `component-${index}`, active: false },
        finding: this.#finding(),
      })),
    );
  }

  /** `count` changes in the given namespaces; never two of one subject, so that each takes effect whatever is batched. */
  next(count: number, namespaces: readonly string[]): Report[] {
    const candidates = this.#subjects.filter(({ namespace }) => namespaces.includes(namespace));
    const chosen = new Set<SubjectState>();
    while (chosen.size < Math.min(count, candidates.length)) chosen.add(this.#one(candidates));
    return [...chosen].map((subject) => this.#change(subject));
  }

  /** Every subject of the namespace fails. */
  openAll(namespace: string): Report[] {
    return this.#subjects.filter((subject) => subject.namespace === namespace).map((subject) => this.#open(subject));
  }

  #change(subject: SubjectState): Report {
    if (!subject.active) return this.#open(subject);
    const chance = this.#random();
    if (chance < 0.2) return this.#resolve(subject, { complete: true, findings: [] });
    if (chance < 0.25) return this.#resolve(subject, { deleted: 'subject' });
    const { severity, labels } = this.#finding();
    subject.finding = {
      ...subject.finding,
      title: this.#title(),
      ...(chance < 0.6 && { severity, labels: labels ?? {} }),
    };
    return this.#report(subject, { complete: true, findings: [subject.finding] });
  }

  #open(subject: SubjectState): Report {
    subject.active = true;
    subject.finding = this.#finding();
    return this.#report(subject, { complete: true, findings: [subject.finding] });
  }

  #resolve(subject: SubjectState, body: Report['body']): Report {
    subject.active = false;
    return this.#report(subject, body);
  }

  #report({ namespace, name }: SubjectState, body: Report['body']): Report {
    this.#made += 1;
    return {
      source: 'clients',
      namespace,
      subject: { apiVersion: 'appstudio.redhat.com/v1alpha1', kind: 'Component', namespace, name, aspect: 'build' },
      order: { class: 'received', deliveryId: `${this.#seed}-${this.#made}` },
      body,
    };
  }

  #finding(): Finding {
    return {
      key: 'run',
      type: 'build',
      severity: this.#one(SEVERITIES),
      reason: 'TaskRunFailed',
      title: this.#title(),
      description: 'x'.repeat(Math.floor(this.#random() * 2_000)),
      labels: { 'faultline.dev/application': this.#one(APPLICATIONS) },
    };
  }

  #title(): string {
    return `attempt ${this.#made}: "quotes", <angles> & Ünïcode ☃ ${Math.floor(this.#random() * 1e9)}`;
  }

  #one<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }
}

/** Sends reports, again and again until every one was taken; answers how many issues they changed. */
export async function deliver(
  reports: readonly Report[],
  post: (body: unknown) => Promise<{ status: number; body: string }>,
): Promise<number> {
  let changed = 0;
  let left = reports;
  for (let attempt = 0; left.length > 0; attempt++) {
    if (attempt > 0) await sleep(200);
    const answer = await post(left).catch((error: Error) => ({ status: 0, body: error.message }));
    if (attempt === 300) throw new Error(`reports were never taken; last: ${answer.status} ${answer.body}`);
    if (answer.status === 0 || answer.status === 429 || answer.status === 503) continue;
    if (answer.status !== 200) throw new Error(`reports were refused: ${answer.status} ${answer.body}`);
    const { results } = JSON.parse(answer.body) as { results: Result[] };
    const refused = results.find(({ status }) => status !== 200 && status !== 503);
    if (refused) throw new Error(`a report was refused: ${JSON.stringify(refused)}`);
    changed += results.flatMap(({ decisions = [] }) => decisions).filter(({ cell }) => /^(3|4B|5B)/.test(cell)).length;
    const sent = left;
    left = results.filter(({ status }) => status === 503).map(({ index }) => sent[index] as Report);
  }
  return changed;
}

interface Result {
  readonly index: number;
  readonly status: number;
  readonly decisions?: readonly { readonly cell: string }[];
}
