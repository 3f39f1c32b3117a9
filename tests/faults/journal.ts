import type { Report } from '../../crds/report.ts';

/** What happened in one seed, for whoever has to understand a failure. */
export class Journal {
  readonly #startedAt = performance.now();
  readonly #lines: { readonly about: string; readonly text: string }[] = [];

  /** A fault that was injected or healed. */
  fault(text: string): void {
    this.#add('', text);
  }

  sent(reports: readonly Report[], server: string, answer: (place: number) => string): void {
    for (const [place, { subject, observed }] of reports.entries()) {
      this.#add(subject.name, `${observed?.name} → ${server}: ${answer(place)}`);
    }
  }

  /** All faults, and what was sent about these subjects: the least that explains what is wrong with them. */
  about(subjects: ReadonlySet<string>): string {
    return this.#lines
      .filter(({ about }) => about === '' || subjects.has(about))
      .map(({ about, text }) => `  ${about === '' ? '!! ' : ''}${text}`)
      .join('\n');
  }

  #add(about: string, text: string): void {
    this.#lines.push({
      about,
      text: `${String(Math.round(performance.now() - this.#startedAt)).padStart(6)} ms ${text}`,
    });
  }
}
