import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commands } from '../commands/index.ts';
import { packageVersion } from '../package-info.ts';
import { runProgram } from '../program.ts';
import { recordedOutput, recordedStreams } from '../testing/recorded-streams.ts';
import { type RunningCommand, startCommand } from '../testing/running-command.ts';
import { stableOutput } from '../testing/stable-output.ts';

/**
 * What the commands that read print of the example cluster, word for word: cli/testing/golden. After a change that is meant:
 *   npx vitest run --project unit cli/reading/golden.test.ts -u
 */
let root: string;
let server: RunningCommand;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'faultline-golden-'));
  await cp(join(import.meta.dirname, '../../examples'), join(root, 'examples'), { recursive: true });
  const config = join(root, 'examples', 'faultline.yaml');
  await writeFile(join(root, 'examples', 'report.json'), JSON.stringify(REPORT));
  server = startCommand(['up', '--config', config, '--state-dir', join(root, 'state'), '--listen', '127.0.0.1:0'], {
    directory: root,
  });
  await server.printed('get issues -A -w');
  // The index of words and the groups follow the log; logs are read when the list is decided, by a second look.
  await vi.waitFor(
    async () => {
      expect((await run(['groups', '-o', 'name'])).match(/^issuegroup\./gm)).toHaveLength(GROUPS);
      expect(await run(EXPLAIN)).toContain(' 3B ');
      expect(await run(['search', 'memory', '-A', '-o', 'name'])).toContain('component-payments-fu2fh5j5');
    },
    { timeout: 120_000, interval: 250 },
  );
}, 180_000);
afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

/** Of the example: one that findings name, one that is proposed. */
const GROUPS = 2;

/** The command line, what it printed, and how it ended. */
async function run(argv: readonly string[], terminal?: { readonly columns: number }): Promise<string> {
  const out = recordedOutput(terminal === undefined ? {} : { isTTY: true, ...terminal });
  const env = { KUBECONFIG: 'state/kubeconfig', HOME: root, NO_COLOR: '1', TERM: 'xterm' };
  const streams = recordedStreams({ out, env, directory: root });
  const code = await runProgram(argv, streams, { name: 'faultline', version: packageVersion(), commands });
  const typed = argv.map((word) => (/^[\w./:=,-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  const ended = code === 0 ? '' : `(exit code ${code})\n`;
  return `$ faultline ${typed}\n${out.text()}${/(^|\n)$/.test(out.text()) ? '' : '\n'}${streams.err.text()}${ended}`;
}

const stable = (text: string): string => stableOutput(text, root);

const REPORT = {
  ...{ source: 'ci.nightly', order: { class: 'received' } },
  subject: { apiVersion: 'ci.example.dev/v1', kind: 'Workflow', namespace: 'shop', name: 'nightly' },
  body: {
    complete: true,
    findings: [
      { key: 'run', type: 'test', severity: 'major', reason: 'TestsFailed', title: 'nightly: 3 tests failed' },
    ],
  },
};
const EXPLAIN = ['explain', 'pipelinerun/payments-on-push-x7k2p', '-n', 'shop'];
const BUILD = ['component-payments-3vuacjnt', '-n', 'shop'];
const TEST = ['component-payments-ykxi46vo', '-n', 'shop'];

describe('of the example cluster', { timeout: 60_000 }, () => {
  it.each<[string, string[]]>([
    ['get', ['get', '-A']],
    ['get-wide', ['get', '-A', '-o', 'wide']],
    ['get-csv', ['get', '-A', '-o', 'csv']],
    ['get-markdown', ['get', '-A', '-o', 'markdown']],
    ['get-json', ['get', '-n', 'docs', '-o', 'json']],
    ['get-yaml', ['get', ...BUILD, '-o', 'yaml']],
    ['get-name', ['get', '-A', '--severity', 'critical', '-o', 'name']],
    ['get-jsonpath', ['get', '-n', 'shop', '-o', 'jsonpath={range .items[*]}{.spec.subject.name}{"\\t"}{.spec.reason}{"\\n"}{end}']],
    ['get-custom-columns', ['get', '-A', '--sort-by', 'severity', '-o', 'custom-columns=NAME:.metadata.name,WHY:.spec.reason,GROUP:.spec.group']],
    ['get-as-of', ['get', '-A', '--as-of', '1h', '--severity', 'critical,major']],
    ['get-nothing', ['get', '-n', 'docs', '--severity', 'info']],
    ['describe', ['describe', ...BUILD]],
    ['describe-as-of', ['describe', ...TEST, '--as-of', '0s']],
    ['search', ['search', 'memory', '-A']],
    ['history', ['history', ...BUILD]],
    ['logs', ['logs', ...BUILD, '--tail', '3']],
    ['evidence', ['evidence', 'component-payments-fu2fh5j5', '-n', 'shop']],
    ['open', ['open', ...BUILD]],
    ['groups', ['groups']],
    ['groups-name', ['groups', 'test-database.example.com']],
    ['top', ['top']],
    ['stats', ['stats', '-A']],
    ['explain', EXPLAIN],
    ['version', ['version']],
    ['doctor', ['doctor', '-n', 'shop']],
    ['list', ['list', '-n', 'shop', '-t', 'build', '-s', 'critical']],
    ['details', ['details', '-i', 'component-payments-ykxi46vo', '-n', 'shop']],
    ['replay', ['replay', 'examples/cluster', '--config', 'examples/faultline.yaml', '-n', 'docs', '-o', 'wide']],
    ['report', ['report', '-f', 'examples/report.json', '-n', 'shop', '--dry-run']],
    ['config-validate', ['config', 'validate', '--config', 'examples/faultline.yaml']],
    ['import', ['import', 'kiet', '--from', 'postgres://nobody@127.0.0.1:1/kite']],
    ['resolve-several', ['resolve', 'component-payments-3vuacjnt', 'component-payments-fu2fh5j5', '-n', 'shop']],
  ])('%s', async (name, argv) => {
    await expect(stable(await run(argv))).toMatchFileSnapshot(`../testing/golden/${name}.txt`);
  }); // biome-ignore format: a table

  it.each([80, 120, 250])('on a terminal of %i columns, where no line wraps', async (columns) => {
    const shown = await Promise.all(
      [['get', '-A'], ['get', '-A', '-o', 'wide'], ['groups'], ['top'], ['stats', '-A']].map((argv) =>
        run(argv, { columns }),
      ),
    );
    for (const line of shown.join('').split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    await expect(stable(shown.join('\n'))).toMatchFileSnapshot(`../testing/golden/terminal-${columns}.txt`);
  });
});
