import type { Subject } from '../../crds/report.ts';

export interface ClaimedSubject {
  readonly namespace: string;
  readonly subject: Subject;
}

/** Which observed object (by key) speaks about which subjects (by id). */
export class Claims {
  readonly #subjects = new Map<string, ReadonlyMap<string, ClaimedSubject>>();
  readonly #claimants = new Map<string, Set<string>>();

  /** The subjects that the object's last look was about. */
  of(key: string): ReadonlyMap<string, ClaimedSubject> | undefined {
    return this.#subjects.get(key);
  }

  claimants(subjectId: string): ReadonlySet<string> {
    return this.#claimants.get(subjectId) ?? new Set();
  }

  /** Subjects that more than one live object claims. */
  conflicts(): string[] {
    return [...this.#claimants].filter(([, keys]) => keys.size > 1).map(([subjectId]) => subjectId);
  }

  /** Replaces what the object speaks about; returns the subjects that it spoke about before and does no more. */
  set(key: string, subjects: ReadonlyMap<string, ClaimedSubject>): ReadonlyMap<string, ClaimedSubject> {
    const before = this.#subjects.get(key) ?? new Map<string, ClaimedSubject>();
    for (const subjectId of before.keys()) if (!subjects.has(subjectId)) this.#release(subjectId, key);
    for (const subjectId of subjects.keys()) {
      const claimants = this.#claimants.get(subjectId);
      if (claimants === undefined) this.#claimants.set(subjectId, new Set([key]));
      else claimants.add(key);
    }
    if (subjects.size > 0) this.#subjects.set(key, subjects);
    else this.#subjects.delete(key);
    return new Map([...before].filter(([subjectId]) => !subjects.has(subjectId)));
  }

  #release(subjectId: string, key: string): void {
    const claimants = this.#claimants.get(subjectId);
    if (claimants?.delete(key) && claimants.size === 0) this.#claimants.delete(subjectId);
  }
}
