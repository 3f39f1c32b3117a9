import { describe, expect, test } from 'vitest';
import type { ControllerExplanation } from '../../crds/explanation.ts';
import { createExplanations, type Explanations } from './index.ts';

const OBJECT = { group: '', kind: 'Pod', namespace: 'shop', name: 'web' };
const FOREVER = new AbortController().signal;

const about = (controller: string): ControllerExplanation => ({
  ...{ controller, use: controller, process: 'p', verdict: 'Healthy', message: 'fine' },
});

/** A controllers process that answers everything, until it is told to stop. */
function connect(explanations: Explanations, process: string, controllers: readonly string[], who = 'controllers') {
  const stop = new AbortController();
  const sources = controllers.map((name) => ({ name, namespaces: ['*'] }));
  const run = async (): Promise<void> => {
    let answers: { id: string; controllers: ControllerExplanation[] }[] = [];
    while (!stop.signal.aborted) {
      const { questions } = await explanations.poll(who, { process, sources, answers, waitSeconds: 20 }, stop.signal);
      answers = questions.map(({ id }) => ({ id, controllers: controllers.map(about) }));
    }
  };
  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

describe('a question', () => {
  test('is answered by every process that is connected, each for its own controllers', async () => {
    using explanations = createExplanations();
    await using _a = connect(explanations, 'shard-0', ['pods']);
    await using _b = connect(explanations, 'shard-1', ['deployments']);
    const asked = await explanations.ask(OBJECT, FOREVER);
    expect(asked.processes.toSorted()).toEqual(['shard-0', 'shard-1']);
    expect(asked.controllers.map(({ controller }) => controller).toSorted()).toEqual(['deployments', 'pods']);
    expect(asked.silent).toEqual([]);
  });

  test('waits for a process that is just being started again', async () => {
    using explanations = createExplanations();
    const asking = explanations.ask(OBJECT, FOREVER);
    await using _ = connect(explanations, 'late', ['pods']);
    expect((await asking).processes).toEqual(['late']);
  });

  test('does not wait for ever: who is connected and silent is named', async () => {
    using explanations = createExplanations({ patienceMs: 20 });
    const sources = [{ name: 'pods', namespaces: ['*'] }];
    const poll = { process: 'stuck', sources, answers: [], waitSeconds: 20 };
    const polling = explanations.poll('controllers', poll, FOREVER);
    expect(await explanations.ask(OBJECT, FOREVER)).toEqual({ controllers: [], processes: [], silent: ['stuck'] });
    expect((await polling).questions).toMatchObject([{ object: OBJECT }]);
    expect(await createExplanations({ patienceMs: 1 }).ask(OBJECT, FOREVER)).toMatchObject({
      processes: [],
      silent: [],
    });
  });

  test('takes no answer about the controllers of others', async () => {
    using explanations = createExplanations();
    const sources = [{ name: 'mine', namespaces: ['*'] }];
    const poll = { process: 'liar', sources, waitSeconds: 20 };
    const polling = explanations.poll('stranger', { ...poll, answers: [] }, FOREVER);
    const asking = explanations.ask(OBJECT, FOREVER);
    const [{ id } = expect.fail()] = (await polling).questions;
    const controllers = [about('mine'), about('tekton-pipelinerun')];
    void explanations.poll('stranger', { ...poll, answers: [{ id, controllers }] }, FOREVER);
    expect((await asking).controllers.map(({ controller }) => controller)).toEqual(['mine']);
  });

  test('is given to and answered by those only who may speak about its namespace', async () => {
    using explanations = createExplanations({ patienceMs: 20 });
    const poll = (
      process: string,
      namespaces: string[],
      answers: { id: string; controllers: ControllerExplanation[] }[],
    ) => ({
      process,
      sources: [
        { name: 'pods', namespaces },
        { name: 'other', namespaces: ['b'] },
      ],
      answers,
      waitSeconds: 20,
    });
    const elsewhere = explanations.poll('tenant', poll('p', ['a'], []), FOREVER);
    const real = explanations.poll('controllers', poll('p', ['shop'], []), FOREVER);
    const asking = explanations.ask(OBJECT, FOREVER);
    const [{ id } = expect.fail()] = (await real).questions;
    const forged = { ...about('pods'), message: 'forged' };
    void explanations.poll('tenant', poll('p', ['a'], [{ id, controllers: [forged] }]), FOREVER);
    expect((await elsewhere).questions).toEqual([]);
    const controllers = [about('pods'), about('other')];
    void explanations.poll('controllers', poll('p', ['shop'], [{ id, controllers }]), FOREVER);
    expect(await asking).toEqual({ controllers: [about('pods')], processes: ['p'], silent: [] });
    const node = { group: '', kind: 'Node', name: 'n' };
    expect(await explanations.ask(node, FOREVER)).toEqual({ controllers: [], processes: [], silent: [] });
  });

  test('reaches a process whatever others are called, and however many another user connects', async () => {
    using explanations = createExplanations({ patienceMs: 20 });
    await using _ = connect(explanations, 'p', ['pods']);
    const sources = [{ name: 'pods', namespaces: ['*'] }];
    for (let index = 0; index < 1_100; index++) {
      const process = index === 0 ? 'p' : `flood-${index}`;
      void explanations.poll('stranger', { process, sources, answers: [], waitSeconds: 20 }, FOREVER);
    }
    const { processes, silent } = await explanations.ask(OBJECT, FOREVER);
    expect(processes).toEqual(['p']);
    expect(silent).toHaveLength(100);
  });

  test('is not lost with a poll whose connection broke', async () => {
    using explanations = createExplanations();
    const sources = [{ name: 'pods', namespaces: ['*'] }];
    const poll = { process: 'p', sources, answers: [], waitSeconds: 20 };
    const broken = explanations.poll('controllers', poll, FOREVER);
    await using _ = connect(explanations, 'p', ['pods']);
    expect((await broken).questions).toEqual([]);
    expect((await explanations.ask(OBJECT, FOREVER)).processes).toEqual(['p']);
  });
});

test('a server that ends lets nobody wait', async () => {
  const explanations = createExplanations();
  const sources = [{ name: 'pods', namespaces: ['*'] }];
  const polling = explanations.poll('c', { process: 'p', sources, answers: [], waitSeconds: 20 }, FOREVER);
  const asking = explanations.ask(OBJECT, FOREVER);
  explanations[Symbol.dispose]();
  expect((await polling).questions).toEqual([]);
  expect((await asking).silent).toEqual(['p']);
});
