import { describe, expect, it } from 'vitest';
import { parseFieldSelector } from './field-selector.ts';
import type { ClusterObject } from './object.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', labels: { 'app.kubernetes.io/name': 'a,b' } },
  spec: { nodeName: 'n1', priority: 7, containers: [{ name: 'main' }] },
} as unknown as ClusterObject;

describe('a field selector', () => {
  it.each([
    ['metadata.name=web', true],
    ['metadata.name==web,spec.nodeName=n1', true],
    ['metadata.name=web,spec.nodeName=n2', false],
    ['spec.nodeName!=n2', true],
    ['spec.priority=7', true],
    ['status.phase=', true],
    ['status.phase!=', false],
    ['metadata.labels.app.kubernetes.io/name=a\\,b', true],
    ['', true],
  ])('%s', (selector, matches) => {
    expect(parseFieldSelector(selector)(pod)).toBe(matches);
  });

  it('quotes the requirement that it does not understand', () => {
    expect(() => parseFieldSelector('metadata.name=a,status.phase in (b)')).toThrow(
      '"status.phase in (b)" is not a field requirement',
    );
  });
});
