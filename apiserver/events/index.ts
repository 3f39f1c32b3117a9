/** Kubernetes Events about issues: docs/events.md, docs/adr/0006. */
export type { CoreEvent, EventContext, ObjectReference } from './event.ts';
export { COMPONENT, eventsOf } from './event.ts';
export { type EventMetrics, type EventOutcome, eventMetrics } from './metrics.ts';
export { type EventsOptions, runEvents } from './run-events.ts';
export type { EventWriter, WriteAnswer } from './writer.ts';
