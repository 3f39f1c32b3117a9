import { Registry } from 'prom-client';

/** A registry with gauges that somebody has to bring up to date before they are read. */
export class MeasuredRegistry extends Registry {
  readonly #measures: (() => void)[] = [];

  /** Called before every reading. */
  onRead(measure: () => void): void {
    this.#measures.push(measure);
  }

  override metrics(): Promise<string> {
    for (const measure of this.#measures) measure();
    return super.metrics();
  }
}
