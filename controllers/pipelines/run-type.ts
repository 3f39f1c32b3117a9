import { identifier } from '../index.ts';
import { KEYS, type Metadata } from './metadata.ts';

/** What a run is for. */
export interface RunType {
  readonly kind: 'build' | 'test' | 'release' | 'pipeline';
  /** The label's own word: `build`, `test`, `managed`, `tenant`, `final`, …; part of the identity. */
  readonly name: string;
  /** Whether the run carries the label. */
  readonly labelled: boolean;
}

const RELEASE_TYPES = new Set(['release', 'managed', 'tenant', 'final', 'managed-collectors', 'tenant-collectors']);

/** From `pipelines.appstudio.openshift.io/type`; without it a scenario makes a test and a Release makes a release. */
export function runTypeOf(metadata: Metadata): RunType {
  const name = identifier(metadata.labels[KEYS.type])?.slice(0, 63);
  if (name !== undefined) return { kind: kindOf(name), name, labelled: true };
  if (metadata.labels[KEYS.scenario] !== undefined) return { kind: 'test', name: 'test', labelled: true };
  if (metadata.labels[KEYS.releaseName] !== undefined || metadata.labels[KEYS.service] === 'release') {
    return { kind: 'release', name: 'release', labelled: true };
  }
  return { kind: 'pipeline', name: 'pipeline', labelled: false };
}

function kindOf(name: string): RunType['kind'] {
  if (name === 'build' || name === 'test') return name;
  return RELEASE_TYPES.has(name) ? 'release' : 'pipeline';
}
