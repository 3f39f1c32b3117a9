import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrationFiles } from '../../migrations/index.ts';
import { install, faultline as today } from '../e2e/installation.ts';
import { at, createRun } from '../e2e/pipelineruns.ts';
import { rollOut } from '../e2e/rollout.ts';
import { buildEarlier, removeBuild } from './earlier-build.ts';

/**
 * `npm run soak -- tests/upgrade`: the commit before this one (or FAULTLINE_PREVIOUS, any revision) is built and installed, and
 * this build takes its place on the same database, at 200 requests a second: old and new servers at once, then the controllers.
 */
const REVISION = process.env.FAULTLINE_PREVIOUS ?? 'HEAD~1';

test('from an earlier commit to this one: no request fails and no report is lost', async (context) => {
  const dir = await mkdtemp(join(tmpdir(), 'faultline-earlier-'));
  await using closing = new AsyncDisposableStack();
  closing.defer(() => rm(dir, { recursive: true, force: true }));
  const tree = join(dir, 'tree');
  closing.defer(() => removeBuild(tree));
  const earlier = await buildEarlier(REVISION, tree);
  if ('missing' in earlier) {
    console.log(`SKIPPED: ${earlier.missing}`);
    return context.skip(earlier.missing);
  }
  const installed = closing.use(await install({ namespaces: ['load', 'team'], binary: earlier.binary }));
  const version = async () => Number(await installed.postgres?.psql('SELECT schema_version FROM meta', 'faultline'));
  const schema = migrationFiles().at(-1)?.version ?? 0;
  await fails('a');
  const before = await version();

  const { refused, again, acknowledged, lists, perSecond } = await rollOut({
    ...{ faultline: installed, before: earlier.binary, after: today, schema, requestsPerSecond: 200 },
  });
  console.log(
    `from ${earlier.commit} (schema ${before}) to this (schema ${schema}): ${acknowledged.length} reports and ${lists} lists, ` +
      `${Math.round(perSecond)} a second; refused ${refused.length}, sent again ${again.length}`,
  );
  expect(refused).toEqual([]);
  expect(again.length).toBeLessThanOrEqual(2);
  const names = (await installed.issues('load')).map(({ spec }) => spec.subject.name);
  expect(names.sort()).toEqual([...acknowledged].sort());

  // The controllers follow the servers (docs/upgrade.md): the older ones are understood meanwhile.
  await fails('b');
  await installed.stopControllers();
  installed.binary = today;
  await installed.stopServer();
  await installed.startServer();
  await installed.startControllers();
  await fails('c');
  expect((await installed.issues('team')).map(({ status }) => status.state)).toEqual(['Active', 'Active', 'Active']);

  async function fails(component: string): Promise<void> {
    const run = { name: `${component}-1`, namespace: 'team', component };
    await createRun(installed.plane, run, { succeeded: false, at: at(0) });
    await installed.until('team', (issues) => issues.some(({ spec }) => spec.subject.name === component));
  }
});
