/**
 * One process, one answer on standard output: how much CPU a look takes, in µs, from the event of a watch to the answered
 * report, with the ledger (docs/explain.md) or, with the argument `without`, without what it writes down; with `alone`: what it
 * writes down for a look and nothing else.
 */
import { systemClock } from '../../controllers/runtime/clock.ts';
import { Ledger } from '../../controllers/runtime/ledger.ts';
import type { ClusterObject } from '../../controllers/runtime/object.ts';
import { defineController } from '../../controllers/runtime/plugin.ts';
import { createWorld } from '../../controllers/testing/world.ts';
import type { Report } from '../../crds/report.ts';

const [, , contestant = 'with', objects = '5000', rounds = '6'] = process.argv;
const OBJECTS = Number(objects);
const ROUNDS = Number(rounds);
const WARM_UP = 3;
/** So many of a hundred fail. */
const FAILING = 10;

if (contestant === 'without') {
  const nothing = (): void => {};
  Object.assign(Ledger.prototype, { decided: nothing, undecided: nothing, report: nothing, accepted: nothing });
}

const controller = defineController({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'example.com/v1', kind: 'Thing', fields: ['spec'] },
  order: 'state',
  onDelete: 'resolve',
  observe({ apiVersion, kind, metadata: { name, namespace = '' } }) {
    const subject = { apiVersion, kind, namespace, name };
    const finding = { key: 'thing', type: 'workload', severity: 'major' as const, reason: 'Broken' };
    return { subject, findings: isFailing(name) ? [{ ...finding, title: `Thing ${name} is broken` }] : [] };
  },
});

function isFailing(name: string): boolean {
  return Number(name.slice(name.lastIndexOf('-') + 1)) % 100 < FAILING;
}

function thing(index: number, round: number): ClusterObject {
  const name = `thing-${index}`;
  const metadata = { name, namespace: `ns-${index % 100}`, uid: name, resourceVersion: `${round}` };
  return { apiVersion: 'example.com/v1', kind: 'Thing', metadata, spec: { round } };
}

const DECISIONS = {
  failing: [{ key: 'thing', cell: '3B' as const, issue: { namespace: 'ns-1', name: 'thing-1-abcd2345' } }],
  healthy: [{ key: '', cell: '4A' as const }],
};

console.log(JSON.stringify({ microseconds: contestant === 'alone' ? await alone() : await looks() }));

async function looks(): Promise<number> {
  const objects = Array.from({ length: OBJECTS }, (_, index) => thing(index, 0));
  await using world = createWorld(controller, { objects });
  world.sink.answer = ({ subject }) => ({
    status: 200,
    decisions: isFailing(subject.name) ? DECISIONS.failing : DECISIONS.healthy,
  });
  await world.controller.settled;
  world.sink.take();
  // Awaited, or the world would be gone before it is measured.
  return await measured(async (round) => {
    for (let index = 0; index < OBJECTS; index++) world.source.apply(thing(index, round));
    while (world.sink.reports.length < OBJECTS) await new Promise((resolve) => setImmediate(resolve));
    world.sink.take();
  });
}

async function alone(): Promise<number> {
  const ledger = new Ledger(systemClock);
  const names = Array.from({ length: OBJECTS }, (_, index) => thing(index, 0).metadata.name);
  const reports = new Map(names.map((name) => [name, reportOf(name)]));
  return measured(async () => {
    for (const [name, report] of reports) {
      ledger.decided(name, [report]);
      ledger.outcomeOf(name);
      ledger.report(name, 'Sending');
      ledger.accepted(name, isFailing(name) ? DECISIONS.failing : DECISIONS.healthy);
    }
  });
}

/** µs of CPU a look. */
async function measured(round: (number: number) => Promise<void>): Promise<number> {
  let since = process.cpuUsage();
  for (let number = 1; number <= WARM_UP + ROUNDS; number++) {
    if (number === WARM_UP + 1) since = process.cpuUsage();
    await round(number);
  }
  const { user, system } = process.cpuUsage(since);
  return (user + system) / (OBJECTS * ROUNDS);
}

function reportOf(name: string): Report {
  const subject = { apiVersion: 'example.com/v1', kind: 'Thing', namespace: 'ns', name };
  const finding = {
    key: 'thing',
    type: 'workload',
    severity: 'major' as const,
    reason: 'Broken',
    title: `${name} is broken`,
  };
  const order = { class: 'state' as const, epoch: 1, sequence: 1 };
  return {
    source: 'test',
    namespace: 'ns',
    subject,
    order,
    body: { complete: true, findings: isFailing(name) ? [finding] : [] },
  };
}
