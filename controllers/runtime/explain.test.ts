import { describe, expect, it } from 'vitest';
import { controllerExplanationSchema } from '../../crds/explanation.ts';
import { createWorld } from '../testing/world.ts';
import type { ClusterObject } from './object.ts';
import { defineController, type ObjectLike, type Observation, undecided } from './plugin.ts';

/** The support engineer's question, answered by a controller: why is there no issue for this object? */

interface Build extends ObjectLike {
  spec?: { component?: string; failed?: boolean; undecided?: string; final?: boolean; throws?: string };
}

const definition = (order: 'run' | 'state') =>
  defineController<Build, unknown>({
    apiVersion: 'controller/v1',
    watches: { apiVersion: 'ci.example.com/v1', kind: 'Build', fields: ['spec'] },
    reads: [{ apiVersion: 'ci.example.com/v1', kind: 'Step', ownedByObject: true }],
    order,
    onDelete: order === 'run' ? 'keep' : 'resolve',
    observe({ metadata, spec = {} }) {
      if (spec.throws) throw new Error(spec.throws);
      if (spec.undecided) return undecided(spec.undecided, spec.final ? { final: true } : {});
      const { namespace = '', name } = metadata;
      const subject = { apiVersion: 'v1', kind: 'Component', namespace, name: spec.component ?? name };
      const finding = {
        key: 'run',
        type: 'build',
        severity: 'major',
        reason: 'StepFailed',
        title: `${name} failed`,
      } as const;
      return { subject, findings: spec.failed ? [finding] : [] };
    },
  });

function build(name: string, spec: Build['spec'], minute = 0, labels = {}): ClusterObject {
  const completionTime = new Date(Date.parse('2026-11-21T07:00:00Z') + minute * 60_000).toISOString();
  const metadata = { name, namespace: 'shop', uid: name, labels };
  return { apiVersion: 'ci.example.com/v1', kind: 'Build', metadata, spec, status: { completionTime } };
}

const ask = (name: string, more = {}) => ({ group: 'ci.example.com', kind: 'Build', namespace: 'shop', name, ...more });

describe('why is there no issue for this object?', () => {
  it('because newer runs of its subject decide, or because it failed too long ago', async () => {
    const objects = [
      build('first', { component: 'web', failed: true }),
      build('second', { component: 'web' }, 1),
      build('ancient', { component: 'api', failed: true }, -60 * 24 * 60),
    ];
    await using world = createWorld(definition('run'), { objects });
    await world.controller.settled;
    expect(world.controller.explain(ask('first'))).toMatchObject({
      verdict: 'Failing',
      terminal: true,
      findings: [{ reason: 'StepFailed', title: 'first failed' }],
      report: { state: 'Skipped', reason: 'Superseded', subject: 'Component shop/web' },
      message: expect.stringContaining('newer runs of its subject were there at the start'),
    });
    expect(world.controller.explain(ask('ancient'))).toMatchObject({
      report: { state: 'Skipped', reason: 'TooOld' },
      message: expect.stringContaining('longer ago than maxAge (30d)'),
    });
    expect(world.controller.explain(ask('second'))).toMatchObject({
      verdict: 'Healthy',
      report: { state: 'Accepted' },
    });
  });

  it('because the controller cannot tell, never will, or fails to look', async () => {
    const objects = [
      build('waiting', { undecided: 'AwaitingSteps' }),
      build('cancelled', { undecided: 'Cancelled', final: true }),
      build('strange', { throws: 'cannot read steps' }),
    ];
    await using world = createWorld(definition('state'), { objects });
    await world.controller.settled;
    expect(world.controller.explain(ask('waiting'))).toMatchObject({
      verdict: 'Undecided',
      reason: 'AwaitingSteps',
      message: 'no verdict, though the object has come to its end: AwaitingSteps',
    });
    expect(world.controller.explain(ask('cancelled'))).toMatchObject({ verdict: 'Settled', reason: 'Cancelled' });
    expect(world.controller.explain(ask('strange'))).toMatchObject({
      verdict: 'Failed',
      message: 'the look failed: cannot read steps',
    });
    // Decided now: terminal, undecided and not final returns to 0.
    expect(world.controller.status().counts.undecidedTerminal).toBe(1);
    world.source.apply(build('waiting', { failed: true }));
    await world.settle();
    expect(world.controller.status().counts.undecidedTerminal).toBe(0);
    expect(world.controller.explain(ask('waiting'))?.verdict).toBe('Failing');
  });

  it('because of several subjects there is no verdict about one, and why; of none it is undecided', async () => {
    const { observe, ...rest } = definition('state');
    const parts = defineController<Build, unknown>({
      ...rest,
      observe(object, read, options) {
        const whole = observe(object, read, options) as Observation;
        const forgotten = { noVerdict: 'BuildsForgotten', findings: [] };
        const last = { subject: { ...whole.subject, aspect: 'last-build' }, ...forgotten };
        return object.spec?.failed ? [{ ...whole, ...forgotten }, last] : [whole, last];
      },
    });
    await using world = createWorld(parts, { objects: [build('a', {}), build('b', { failed: true })] });
    await world.controller.settled;
    const answer = world.controller.explain(ask('a'));
    expect(answer).toMatchObject({
      verdict: 'Healthy',
      noVerdict: [{ subject: 'Component shop/a last-build', reason: 'BuildsForgotten' }],
      report: { state: 'Accepted' },
      message: expect.stringContaining(
        'there is no verdict about Component shop/a last-build, of which nothing was sent: BuildsForgotten',
      ),
    });
    expect(controllerExplanationSchema.validate({ ...answer, process: 'p' }).error).toBeUndefined();
    expect(world.controller.explain(ask('b'))).toMatchObject({ verdict: 'Undecided', reason: 'BuildsForgotten' });
    expect(world.controller.status().counts).toMatchObject({ decided: 1, undecidedTerminal: 1 });
  });

  it('because two live objects speak about one subject, and which', async () => {
    const objects = [build('a', { component: 'web', failed: true }), build('b', { component: 'web' })];
    await using world = createWorld(definition('state'), { objects });
    await world.controller.settled;
    expect(world.controller.explain(ask('a'))).toMatchObject({
      report: { state: 'Skipped', reason: 'SubjectConflict' },
      message: expect.stringContaining('other objects speak about the same subject: shop/b'),
    });
  });

  it('because the server refused the report, in its words', async () => {
    await using world = createWorld(definition('state'));
    await world.controller.settled;
    world.sink.answer = () => ({ index: 0, status: 403, error: 'may not report as test' });
    world.source.apply(build('a', { failed: true }));
    await world.settle();
    expect(world.controller.explain(ask('a'))).toMatchObject({
      report: { state: 'Refused', reason: '403 may not report as test' },
      message: expect.stringContaining('looked at again with backoff: 403 may not report as test'),
    });
  });

  it('because of the decision, cell by cell, with the issue', async () => {
    await using world = createWorld(definition('run'));
    await world.controller.settled;
    const issue = { namespace: 'shop', name: 'component-web-abcd2345' };
    world.sink.answer = () => ({ index: 0, status: 200, decisions: [{ key: 'run', cell: '1C', issue }] });
    world.source.apply(build('late', { component: 'web', failed: true }));
    await world.settle();
    expect(world.controller.explain(ask('late'))).toMatchObject({
      verdict: 'Failing',
      report: { state: 'Accepted', decisions: [{ key: 'run', cell: '1C', issue }] },
      message: expect.stringContaining(
        'run: 1C ignored: a newer look at this subject decides, and its issue is Resolved',
      ),
    });
  });

  it('because it was deleted, which says nothing of a finished run', async () => {
    await using world = createWorld(definition('run'), { objects: [build('a', { failed: true })] });
    await world.controller.settled;
    world.source.delete(build('a', {}));
    await world.settle();
    expect(world.controller.explain(ask('a'))).toMatchObject({
      verdict: 'Deleted',
      message: expect.stringMatching(/^it was deleted at .*; before that the look found one thing wrong/),
    });
  });

  it('because its namespace, its labels or its kind is left out, or it does not exist', async () => {
    const settings = { namespaces: ['*', '!team-x'], labelSelector: 'app=web' };
    await using world = createWorld(definition('state'), { namespaces: ['shop', 'team-x'], settings });
    await world.controller.settled;
    expect(world.controller.explain(ask('a', { namespace: 'team-x' }))).toMatchObject({
      verdict: 'OutsideNamespaces',
      message: 'namespace team-x is outside the namespaces of this controller (controllers[].namespaces): *, !team-x',
    });
    expect(world.controller.explain(ask('a', { namespace: 'other' }))).toMatchObject({
      verdict: 'OutsideNamespaces',
      message: expect.stringContaining('of the configuration (namespaces): shop, team-x'),
    });
    expect(world.controller.explain(ask('a'))).toMatchObject({
      verdict: 'NotFound',
      message: expect.stringContaining('labels that match app=web'),
    });
    expect(world.controller.explain(ask('a', { labels: { app: 'api' } }))?.verdict).toBe('LabelsDiffer');
    expect(world.controller.explain(ask('a', { labels: { app: 'web' } }))?.verdict).toBe('NotFound');
    expect(world.controller.explain(ask('a', { kind: 'step' }))?.verdict).toBe('ReadOnly');
    expect(world.controller.explain(ask('a', { kind: 'builds' }))?.verdict).toBe('NotFound');
    expect(world.controller.explain(ask('a', { group: 'other.example.com' }))).toBeUndefined();
    expect(world.controller.explain(ask('a', { kind: 'Pod' }))).toBeUndefined();
  });

  it('because its kind cannot be listed, and why', async () => {
    const message = 'not allowed to list builds: a ClusterRole needs …';
    await using world = createWorld(definition('state'), {
      objects: [build('a', { failed: true })],
      prepare: (source) => source.fail('Build', { reason: 'Forbidden', message, retryInMs: 1 }),
    });
    await world.controller.settled;
    expect(world.controller.explain(ask('a'))).toMatchObject({ verdict: 'NotListed', reason: 'Forbidden', message });
  });
});
