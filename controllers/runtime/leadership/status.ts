import type { ControllerCondition, ControllerCounts, ControllerStatus } from '../status.ts';

/** What a condition says when all is well. */
const WELL: Readonly<Record<ControllerCondition['type'], ControllerCondition['status']>> = {
  Ready: 'True',
  Degraded: 'False',
  SubjectConflict: 'False',
  PluginStopped: 'False',
  ConfigurationStale: 'False',
};

/** One controller at several seats (shards) as one: what is wrong at any of them, and the sums. */
export function mergedStatus(statuses: readonly ControllerStatus[]): ControllerStatus {
  const [first, ...others] = statuses as readonly [ControllerStatus, ...ControllerStatus[]];
  const worst = (condition: ControllerCondition): ControllerCondition =>
    [condition, ...others.flatMap(({ conditions }) => conditions)].find(
      ({ type, status }) => type === condition.type && status !== WELL[type],
    ) ?? condition;
  const names = Object.keys(first.counts) as (keyof ControllerCounts)[];
  const sum = (name: keyof ControllerCounts): number => statuses.reduce((total, { counts }) => total + counts[name], 0);
  return {
    ...first,
    conditions: first.conditions.map(worst),
    counts: Object.fromEntries(names.map((name) => [name, sum(name)])) as unknown as ControllerCounts,
  };
}

/** Of a controller that does not run here: nothing was decided, and nothing has to be. */
export function standbyStatus(status: ControllerStatus): ControllerStatus {
  const message = 'the caches are filled: this process takes over when the one that leads ends';
  const conditions = status.conditions.map((condition): ControllerCondition => {
    const isWaiting = condition.type === 'Ready' && condition.reason === 'Deciding';
    return isWaiting ? { type: 'Ready', status: 'True', reason: 'Standby', message } : condition;
  });
  return { ...status, conditions };
}
