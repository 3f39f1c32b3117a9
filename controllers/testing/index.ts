/** The test kit for authors of controllers, as `faultline/testing`. It needs no cluster and no particular test runner. */
export type { ClusterObject } from '../runtime/object.ts';
export type { RecordedChange } from '../runtime/recorded-stream.ts';
export type { ApiFault, FakeApiServerOptions, FakeKind } from './fake-api-server.ts';
export { FakeApiServer } from './fake-api-server.ts';
export type { AnyController, FixtureLook, Setup } from './fixture.ts';
export type { GoldenOptions } from './golden.ts';
export { expectGolden } from './golden.ts';
export type { TotalSetup } from './half-filled.ts';
export { expectDeterministic, expectTotal } from './half-filled.ts';
export { kindsOf } from './http-cluster.ts';
export { ManualClock } from './manual-clock.ts';
export { MemorySource } from './memory-source.ts';
export { loadFixture, observeFixture } from './observe-fixture.ts';
export type { PlayOptions, StreamFault } from './play-stream.ts';
export { playStream, randomFaults } from './play-stream.ts';
export type { Replayed, ReplaySetup } from './replay-stream.ts';
export { loadStream, replayStream } from './replay-stream.ts';
