/** What is kept of a Pod: of a container its name and what became of it, nothing of what it runs. */
const STATE = [
  'waiting',
  'running',
  'terminated.exitCode',
  'terminated.reason',
  'terminated.message',
  'terminated.startedAt',
  'terminated.finishedAt',
];

const CONTAINER = [
  'name',
  'restartCount',
  ...['state', 'lastState'].flatMap((of) => STATE.map((part) => `${of}.${part}`)),
];

export const POD_FIELDS: readonly string[] = [
  'metadata.finalizers',
  'spec.nodeName',
  'spec.restartPolicy',
  'status.phase',
  'status.reason',
  'status.message',
  'status.startTime',
  'status.conditions.reason',
  'status.conditions.message',
  ...['initContainerStatuses', 'containerStatuses'].flatMap((list) =>
    CONTAINER.map((part) => `status.${list}.${part}`),
  ),
];
