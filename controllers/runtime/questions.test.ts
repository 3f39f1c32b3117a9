import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import type { ControllerExplanation, ExplanationPoll } from '../../crds/explanation.ts';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import type { Backend, BackendAnswer } from './backend.ts';
import { silentLogger } from './logger.ts';
import { createRuntimeMetrics } from './metrics.ts';
import { answerEverywhere, answerQuestions } from './questions.ts';

const OBJECT = { group: '', kind: 'Pod', namespace: 'shop', name: 'web' };
const known = (name: string): ControllerExplanation => ({
  ...{ controller: 'pods', use: 'pods', process: 'p', verdict: 'Healthy', message: name },
});
const options = (clock: ManualClock) => ({
  process: 'p',
  sources: () => [{ name: 'pods', namespaces: ['*'] }],
  explain: ({ name }: { name: string }) => [known(name)],
  logger: silentLogger,
  clock,
  random: () => 1,
});

const ok = (body: unknown): BackendAnswer => ({ status: 200, again: false, body, error: '' });
const failed = (status: number): BackendAnswer => ({ status, again: status >= 500, body: undefined, error: 'no' });

describe('a process that answers questions', () => {
  it('sends the answers along with the next poll', async () => {
    const clock = new ManualClock();
    const end = new AbortController();
    const polls: ExplanationPoll[] = [];
    const backend: Backend = {
      url: 'https://s',
      async call(_, path, body) {
        expect(path).toBe('/api/v1/explanations/next');
        polls.push(JSON.parse(body ?? ''));
        if (polls.length === 1) return ok({ questions: [{ id: '1', object: OBJECT }] });
        end.abort();
        return ok({ questions: [] });
      },
    };
    await answerQuestions({ ...options(clock), backend }, end.signal);
    expect(polls.map(({ answers }) => answers)).toEqual([[], [{ id: '1', controllers: [known('web')] }]]);
    expect(polls[0]).toMatchObject({ process: 'p', sources: [{ name: 'pods', namespaces: ['*'] }] });
  });

  it('does not ask without pause a server that is older, away, or answers at once', async () => {
    for (const answer of [failed(404), failed(503), ok({ questions: [] }), ok('a page of a proxy')]) {
      const clock = new ManualClock();
      const end = new AbortController();
      let calls = 0;
      const call = async (): Promise<BackendAnswer> => {
        calls++;
        return answer;
      };
      const backend: Backend = { url: 'https://s', call };
      const running = answerQuestions({ ...options(clock), backend }, end.signal);
      await settle();
      expect(calls).toBe(1);
      await clock.advance(60_000);
      expect(calls).toBeGreaterThan(1);
      expect(calls).toBeLessThan(12);
      end.abort();
      await running;
    }
  });
});

describe('several processes of a server', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Holds every poll for ever, as a server without questions. */
  async function serve(): Promise<{ url: string; polled: () => number }> {
    let polls = 0;
    const server = createServer(() => void polls++);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, polled: () => polls };
  }

  it('are each polled, those that come later too, and those that are gone no more', async () => {
    const clock = new ManualClock();
    const [one, two] = [await serve(), await serve()];
    const to = (target: { url: string }) => () =>
      new Agent().compose(
        (dispatch) => (request, handler) => dispatch({ ...request, origin: target.url }, handler),
      ) as Agent;
    let replicas = new Map([['10.0.0.1', to(one)]]);
    const end = new AbortController();
    const backend = { url: 'http://faultline.example', replicas: async () => replicas };
    const running = answerEverywhere({ ...options(clock), backend, metrics: createRuntimeMetrics() }, end.signal);
    await expect.poll(() => one.polled()).toBe(1);
    expect(two.polled()).toBe(0);
    replicas = new Map([['10.0.0.2', to(two)]]);
    await clock.advance(30_000);
    await expect.poll(() => two.polled()).toBe(1);
    end.abort();
    await running;
    expect(one.polled()).toBe(1);
  });
});
