import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../commands/index.ts';
import { runProgram } from '../program.ts';
import type { Streams } from '../streams.ts';
import { type RecordedStreams, recordedOutput, recordedStreams } from '../testing/recorded-streams.ts';
import { answering, at, type Defect, GROUP_VERSION, handling, json, lists } from './testing/defect.ts';
import { type KubeconfigFile, writeKubeconfig } from './testing/kubeconfig.ts';
import { ConformanceServer } from './testing/server.ts';

/** The command as a user runs it, over injected streams. */
let server: ConformanceServer;
let kubeconfig: KubeconfigFile;
beforeAll(async () => {
  server = await ConformanceServer.start();
  kubeconfig = await writeKubeconfig(server);
});
afterAll(async () => {
  await kubeconfig?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function conformance(argv: readonly string[], how: Partial<Streams> = {}): Promise<Ran> {
  const streams: RecordedStreams = recordedStreams(how as Partial<RecordedStreams>);
  const full = ['conformance', '--kubeconfig', kubeconfig.path, '--listen', '0s', ...argv];
  const code = await runProgram(full, streams, { name: 'faultline', version: '0', commands });
  return { code, out: streams.out.text(), err: streams.err.text() };
}

const WIDGETS = ['--resource', 'widgets.example.dev'];

/** The same command against a server that does one thing wrong. */
async function against(defect: Defect, argv: readonly string[]): Promise<Ran> {
  await using broken = await ConformanceServer.start(defect);
  await using file = await writeKubeconfig(broken);
  const streams = recordedStreams();
  const full = ['conformance', '--kubeconfig', file.path, '--listen', '0s', ...WIDGETS, ...argv];
  const code = await runProgram(full, streams, { name: 'faultline', version: '0', commands });
  return { code, out: streams.out.text(), err: streams.err.text() };
}

describe('faultline conformance', () => {
  it('prints every item with its outcome, and the score of each level', async () => {
    const { code, out } = await conformance([...WIDGETS, '--only', 'D1,D2,T3']);
    expect(code).toBe(0);
    expect(out).toMatch(/^D1 +MUST +passed +/m);
    expect(out).toMatch(/^T3 +MUST +passed +/m);
    expect(out).toContain('widgets.v1.example.dev');
    expect(out).toMatch(/^MUST +100% +3 of 3 seen: 3 passed, 0 failed, 0 skipped$/m);
    expect(out).toMatch(/^SHOULD +- +0 of 0 seen: 0 passed, 0 failed, 0 skipped$/m);
  });

  it('says why something is skipped', async () => {
    const { code, out } = await conformance([...WIDGETS, '--only', 'D1,D5']);
    expect(code).toBe(0);
    expect(out).toMatch(/^D5 +MUST +skipped/m);
    expect(out.replace(/\s+/g, ' ')).toContain('only seen straight at the server: give --direct https://<host>:<port>');
  });

  it('sees with --direct what is only seen there, and verifies the certificate for the name of the Service', async () => {
    const { code, out } = await conformance([...WIDGETS, '--only', 'D5,A5,X1', '--direct', server.directUrl]);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/3 passed, 0 failed, 0 skipped/) });
  });

  it('answers 1 when a MUST is not met, and says what came, what should have come and who breaks', async () => {
    const { code, out } = await against(answering('all is 404', lists, 404, { kind: 'Status', message: 'gone' }), [
      '--only',
      'D1,L2',
    ]);
    expect(code).toBe(1);
    expect(out).toMatch(/^L2 +MUST +failed/m);
    expect(out.replace(/\s+/g, ' ')).toContain('answered 404 instead of 200');
    expect(out).toContain('breaks: client-go');
  });

  it('answers 0 when only a SHOULD is not met', async () => {
    const { code, out } = await against(
      handling(
        'nothing',
        () => false,
        () => undefined,
      ),
      ['--only', 'D1,R5'],
    );
    expect({ code, out: /R5 +SHOULD +passed/.test(out) }).toEqual({ code: 0, out: true });
    const pretty: Defect = handling('never indented', lists, (exchange) => {
      exchange.query.delete('pretty');
      return exchange.next();
    });
    const broken = await against(pretty, ['--only', 'D1,L15']);
    expect({ code: broken.code, failed: /L15 +SHOULD +failed/.test(broken.out) }).toEqual({ code: 0, failed: true });
  });

  it('answers 1 when nothing could be seen at all: no green without a look', async () => {
    expect((await conformance([...WIDGETS, '--only', 'D5'])).code).toBe(1);
  });

  it.each([
    ['no object', []],
    ['one', [{ namespace: 'n', name: 'a' }]],
    ['one in each namespace', ['n', 'o'].map((namespace) => ({ namespace, name: 'a' }))],
  ])('answers 1 where there is %s to look at, and says so below the score, unless that is allowed', async (_, left) => {
    const few = json('few', lists, (body) => {
      body.items = left.map((metadata) => ({ metadata }));
    });
    const argv = ['--only', 'D1,L8'];
    const { code, out, err } = await against(few, argv);
    expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(/^MUST +100% +1 of 2 seen: 1 passed/m) });
    expect(err).toMatch(/^error: no namespace has 2 objects of widgets\.example\.dev.*--allow-empty\n$/);
    expect(await against(few, [...argv, '--allow-empty'])).toMatchObject({ code: 0, err: '' });
  });

  it('runs the levels that are asked for', async () => {
    const { out } = await conformance([...WIDGETS, '--level', 'must', '-o', 'json']);
    const levels = (JSON.parse(out) as { items: { level: string }[] }).items.map(({ level }) => level);
    expect(new Set(levels)).toEqual(new Set(['MUST']));
  });

  it('looks only at the namespace that is named', async () => {
    const { code, out } = await conformance([...WIDGETS, '-n', 'n', '--only', 'L1,L4,L8,W2,T2']);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('5 passed, 0 failed, 0 skipped') });
  });

  it('changes nothing', async () => {
    const before = server.source.last;
    await conformance([...WIDGETS, '--direct', server.directUrl, '-o', 'json']);
    expect(server.source.last).toBe(before);
  });
});

describe('what was typed wrong', () => {
  it.each([
    [[], 'name what is checked: --resource <plural>.<group>'],
    [['--resource', 'widgets'], 'name what is checked'],
    [[...WIDGETS, '--oracle', 'x'], '--oracle is not <plural>.<group>'],
    [[...WIDGETS, '--only', 'D1,W99'], '--only: no item W99 is checked from outside; did you mean "W9"?'],
    [[...WIDGETS, '-n', 'No'], '"No" is no namespace name'],
    [[...WIDGETS, '--direct', 'http://x'], '--direct is not https://<host>:<port>'],
    [[...WIDGETS, '--listen', 'soon'], '--listen is no duration'],
    [[...WIDGETS, '--level', 'may'], 'Allowed choices are must, should, could'],
  ])('%j is a usage error', async (argv, message) => {
    const { code, err, out } = await conformance(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  it.each([
    ['gadget.example.dev', 'example.dev/v1 has no resource "gadget"; it has widgets'],
    ['widgts.example.dev', 'did you mean "widgets"?'],
    ['widgets.nowhere.dev', '/apis/nowhere.dev with 404'],
    ['widgets.v7.example.dev', '/apis/example.dev/v7 with 404'],
  ])('the resource %s is not there', async (resource, message) => {
    const { code, err } = await conformance(['--resource', resource]);
    expect(code).toBe(1);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('a change command that fails ends the run with what it said', async () => {
    const argv = [...WIDGETS, '--only', 'W8', '--change-command', 'echo no such thing >&2; exit 3'];
    const { code, err, out } = await conformance(argv);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe('error: --change-command ended with 3:\nerror: no such thing\n');
  });
});

describe('what is printed', () => {
  it('is never wider than the terminal, without colours where nobody sees them', async () => {
    for (const columns of [40, 80, 200]) {
      const { out } = await conformance([...WIDGETS, '--only', 'D1,D5,L7,W3'], { out: recordedOutput({ columns }) });
      expect(
        Math.max(
          ...out
            .split('\n')
            .slice(0, -6)
            .map((line) => line.length),
        ),
      ).toBeLessThanOrEqual(Math.max(columns, 44));
      expect(out).not.toContain('\u001b');
    }
  });

  it('has colours at a terminal, and none with NO_COLOR', async () => {
    const only = [...WIDGETS, '--only', 'D1'];
    const terminal = () => recordedOutput({ isTTY: true });
    expect((await conformance(only, { out: terminal() })).out).toContain('\u001b[32m');
    expect((await conformance(only, { out: terminal(), env: { NO_COLOR: '1' } })).out).not.toContain('\u001b[');
  });

  it("shows progress on a terminal's stderr and takes it away again; elsewhere nothing", async () => {
    const only = [...WIDGETS, '--only', 'D1,W9'];
    const { err } = await conformance(only, { err: recordedOutput({ isTTY: true }) });
    expect(err).toContain('checking');
    expect(err.endsWith('\r\u001b[2K')).toBe(true);
    expect((await conformance(only)).err).toBe('');
  });

  it('is JSON for scripts', async () => {
    const { out } = await conformance([...WIDGETS, '--only', 'D1', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      resource: 'widgets.v1.example.dev',
      path: 'aggregated',
      scores: [{ level: 'MUST', passed: 1, failed: 0, skipped: 0, seen: 1, total: 1, percent: 100 }, {}, {}],
      items: [{ number: 'D1', level: 'MUST', outcome: 'passed' }],
    });
  });

  it('is well-formed JUnit XML for CI, whatever a server says', async () => {
    const nasty = { kind: 'Status', message: '<&"\u0000\ud800]]>\u001b[31m' };
    const { out } = await against(answering('nasty', at(GROUP_VERSION), 200, nasty), [
      '--resource',
      'widgets.v1.example.dev',
      '-o',
      'junit',
    ]).catch(() => ({ out: '' }));
    expect(out).toBe(''); // without discovery there is nothing to report on
    const refused = answering('nasty', lists, 400, nasty);
    const report = await against(refused, ['--only', 'D1,D5,L2,L7', '-o', 'junit']);
    expect(elementsOf(report.out)).toEqual({ testsuites: 1, testsuite: 3, testcase: 4, failure: 2, skipped: 1 });
    expect(report.out).toContain('<testsuite name="MUST" tests="4" failures="2" errors="0" skipped="1"');
  });

  it('is a table of Markdown for documentation', async () => {
    const { out } = await conformance([...WIDGETS, '--only', 'D1', '-o', 'markdown']);
    expect(out).toContain('| D1 | MUST |');
    expect(out).toContain('MUST 100 % (1 of 1; 1 of 1 seen)');
  });
});

describe('an interruption', () => {
  it('ends the run within moments with 130, prints nothing and leaves no line behind', async () => {
    const stop = new AbortController();
    const err = recordedOutput({ isTTY: true });
    const started = new Promise<void>((resolve) => {
      const { write } = err;
      err.write = (text) => {
        write(text);
        resolve();
      };
    });
    const running = conformance([...WIDGETS, '--change-command', 'sleep 60'], { signal: stop.signal, err });
    await started;
    const began = performance.now();
    stop.abort(new Error('SIGINT'));
    const { code, out, err: said } = await running;
    expect({ code, out }).toEqual({ code: 130, out: '' });
    expect(said.endsWith('\r\u001b[2K')).toBe(true);
    expect(performance.now() - began).toBeLessThan(5_000); // not the 60 s of the command, nor those of a watch
  });
});

/** Counts the elements; throws when tags do not match or a character is not allowed. */
function elementsOf(xml: string): Record<string, number> {
  expect(xml).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/);
  expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
  expect(xml.isWellFormed()).toBe(true);
  const body = xml.slice(xml.indexOf('?>') + 2);
  expect(body.replace(/<[^<>]*>/g, '').replace(/&(amp|lt|gt|quot|#\d+);/g, '')).not.toMatch(/[<>&]/);
  const counts: Record<string, number> = {};
  const open: string[] = [];
  for (const [, close, name = '', , self] of body.matchAll(/<(\/?)([a-z]+)((?:\s+[a-z]+="[^"<]*")*)(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else {
      counts[name] = (counts[name] ?? 0) + 1;
      if (!self) open.push(name);
    }
  }
  expect(open).toEqual([]);
  return counts;
}
