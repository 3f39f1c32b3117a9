import { describe, expect, it } from 'vitest';
import { eventsOf } from './event.ts';
import { CONTEXT, type IssueChanges, sampleTransition } from './testing/samples.ts';

const messages = (changes: IssueChanges) =>
  eventsOf(sampleTransition('opened', changes), CONTEXT).map(({ message }) => message);
const places = (changes: IssueChanges) =>
  eventsOf(sampleTransition('opened', changes), CONTEXT).map(
    ({ metadata, involvedObject: { kind, namespace = '', name } }) =>
      `${metadata.namespace}: ${kind} ${namespace}/${name}`,
  );
const noObserved = { status: { observed: undefined as never } };

describe('X10 the Events of an issue', () => {
  it('that opens are a Warning about the issue and one about the observed object', () => {
    const opened = { ...sampleTransition('opened'), change: 0x2f };
    const [own, about] = eventsOf(opened, CONTEXT);
    expect(own).toEqual({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'component-payments-abcdefgh.2f', namespace: 'shop' },
      involvedObject: {
        apiVersion: 'faultline.dev/v1alpha1',
        kind: 'Issue',
        namespace: 'shop',
        name: 'component-payments-abcdefgh',
        uid: 'issue-uid',
      },
      related: {
        apiVersion: 'tekton.dev/v1',
        kind: 'PipelineRun',
        namespace: 'shop',
        name: 'payments-x7k2p',
        uid: 'run-uid',
      },
      type: 'Warning',
      reason: 'IssueOpened',
      action: 'Open',
      message: 'major: The build of payments failed (TaskRunFailed)',
      count: 1,
      firstTimestamp: '2026-11-21T10:00:00Z',
      lastTimestamp: '2026-11-21T10:00:00Z',
      source: { component: 'faultline' },
      reportingComponent: 'faultline.dev/server',
      reportingInstance: 'pod-1',
    });
    expect(about).toMatchObject({
      metadata: { name: 'component-payments-abcdefgh.2f.object', namespace: 'shop' },
      involvedObject: { kind: 'PipelineRun', namespace: 'shop', name: 'payments-x7k2p', uid: 'run-uid' },
      related: { kind: 'Issue', name: 'component-payments-abcdefgh' },
      message: 'issue component-payments-abcdefgh: major: The build of payments failed (TaskRunFailed)',
    });
  });

  it('that reopens or resolves say so, and resolving is no warning', () => {
    const resolved = { status: { state: 'Resolved', resolvedReason: 'Recovered' } } as const;
    const [reopens] = eventsOf(sampleTransition('reopened'), CONTEXT);
    const [resolves] = eventsOf(sampleTransition('resolved', resolved), CONTEXT);
    expect(reopens).toMatchObject({ type: 'Warning', reason: 'IssueReopened', action: 'Reopen' });
    expect(resolves).toMatchObject({
      ...{ type: 'Normal', reason: 'IssueResolved', action: 'Resolve' },
      message: 'Recovered: The build of payments failed',
    });
  });

  it('have the same names whoever makes them, and other names for every change', () => {
    const transition = sampleTransition('opened');
    const names = (of = transition) => eventsOf(of, CONTEXT).map(({ metadata }) => metadata.name);
    expect(eventsOf(transition, { ...CONTEXT, instance: 'pod-2' }).map(({ metadata }) => metadata.name)).toEqual(
      names(),
    );
    expect(new Set([...names(), ...names(sampleTransition('opened'))]).size).toBe(4);
  });

  it('are about the subject where nothing was looked at', () => {
    expect(places(noObserved)).toEqual([
      'shop: Issue shop/component-payments-abcdefgh',
      'shop: Component shop/payments',
    ]);
  });

  it('never go to another namespace than the issue: who may read there may not read it', () => {
    expect(places({ ...noObserved, subject: { namespace: 'other' } })).toEqual([
      'shop: Issue shop/component-payments-abcdefgh',
    ]);
    const observedHere = places({ subject: { namespace: 'other' } });
    expect(observedHere).toEqual([
      'shop: Issue shop/component-payments-abcdefgh',
      'shop: PipelineRun shop/payments-x7k2p',
    ]);
  });

  const node = {
    namespace: 'faultline-system',
    subject: { apiVersion: 'v1', kind: 'Node', namespace: undefined as never, name: 'node-1' },
    status: { observed: { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'node-uid' } },
  };

  it('about a cluster-scoped object are in default, where kubectl describe looks', () => {
    expect(places(node)).toEqual([
      'faultline-system: Issue faultline-system/component-payments-abcdefgh',
      'default: Node /node-1',
    ]);
  });

  it('about a cluster-scoped object name it, and not the object of a namespace that showed what is wrong with it', () => {
    const seenOnPod = {
      ...node,
      status: { observed: { apiVersion: 'v1', kind: 'Pod', name: 'web-1', uid: 'pod-uid' } },
    };
    const [own, about] = eventsOf(sampleTransition('opened', seenOnPod), CONTEXT);
    expect(about).toMatchObject({ metadata: { namespace: 'default' } });
    expect(about?.involvedObject).toEqual({ apiVersion: 'v1', kind: 'Node', name: 'node-1' });
    expect(own?.related).toEqual({ apiVersion: 'v1', kind: 'Node', name: 'node-1' });
  });

  it.each(['opened', 'reopened', 'flapping', 'resolved'] as const)(
    'in default say which issue is %s and how severe it is, and no text of it: who may read there may not read it',
    (kind) => {
      const [own, about] = eventsOf(sampleTransition(kind, node), CONTEXT);
      expect(own?.message).toContain('The build of payments failed');
      expect(about?.message).toBe('issue faultline-system/component-payments-abcdefgh: major');
    },
  );

  it('have messages of one line without anything that a terminal would execute', () => {
    const [own] = messages({ spec: { title: 'broken\n\u001b[31mred\u001b[0m \u202eevil\u0007', reason: 'Odd' } });
    expect(own).toBe('major: broken red evil (Odd)');
  });

  it('have messages of at most 1,024 bytes, whatever the title is made of', () => {
    for (const message of messages({ spec: { title: '😱'.repeat(1_000) } })) {
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1_024);
      expect(message.isWellFormed()).toBe(true);
    }
  });
});
