import { describe, expect, it } from 'vitest';
import type { Issue } from '../../crds/issue.ts';
import { ownerChain } from './owners.ts';

const issue = (labels: Record<string, string>, subject: [string, string], observed?: [string, string]): Issue =>
  ({
    metadata: { labels },
    spec: { subject: { kind: subject[0], name: subject[1] } },
    status: observed === undefined ? {} : { observed: { kind: observed[0], name: observed[1] } },
  }) as unknown as Issue;
const owner = (kind: string, name: string) => ({ apiVersion: 'x/v1', kind, name });

describe('whom an issue belongs to', () => {
  const shop = { 'faultline.dev/application': 'shop', 'faultline.dev/component': 'payments' };
  it.each<[string, Issue, ReturnType<typeof owner>[], string]>([
    ['labels, subject and run', issue(shop, ['Component', 'payments'], ['PipelineRun', 'p-x']), [], 'Application/shop > Component/payments > PipelineRun/p-x'],
    ['what the cluster says between them', issue(shop, ['Component', 'payments'], ['PipelineRun', 'p-x']), [owner('Snapshot', 'shop-1'), owner('Application', 'shop')], 'Application/shop > Component/payments > Snapshot/shop-1 > PipelineRun/p-x'],
    ['owners of a Pod', issue({}, ['Deployment', 'web'], ['Pod', 'web-1-a']), [owner('ReplicaSet', 'web-1'), owner('Deployment', 'web')], 'Deployment/web > ReplicaSet/web-1 > Pod/web-1-a'],
    ['itself alone', issue({}, ['Node', 'n'], ['Node', 'n']), [], 'Node/n'],
    ['nothing observed', issue({}, ['Certificate', 'c']), [], 'Certificate/c'],
  ])('%s', (_, given, owners, chain) => {
    expect(ownerChain(given, owners).join(' > ')).toBe(chain);
  }); // biome-ignore format: a table
});
