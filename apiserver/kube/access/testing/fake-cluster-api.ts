import type { ClusterApi } from '../cluster-api.ts';

/** A cluster that answers what the test says, and remembers what it was asked. */
export class FakeClusterApi implements ClusterApi {
  readonly asked: { path: string; body?: unknown }[] = [];
  answer: (path: string, body?: unknown) => unknown = () => ({});

  async get(path: string): Promise<unknown> {
    this.asked.push({ path });
    return this.answer(path);
  }

  async post(path: string, body: unknown): Promise<unknown> {
    this.asked.push({ path, body });
    return this.answer(path, body);
  }
}
