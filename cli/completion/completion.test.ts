import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commands } from '../commands/index.ts';
import { recordedStreams } from '../testing/recorded-streams.ts';
import { startCommand } from '../testing/running-command.ts';
import type { Names } from './candidates.ts';
import { runComplete } from './run-complete.ts';
import { COMPLETION_SCRIPTS } from './scripts.ts';
import { serverNames } from './server-names.ts';

const asked: string[] = [];
const names: Names = {
  async issues(line, states) {
    asked.push(`issues ${states} ${line.given.get('--namespace')?.at(-1) ?? ''}`);
    return [{ text: 'web-a', about: 'It broke' }, { text: 'web-b' }, { text: 'api-c' }];
  },
  groups: async () => [{ text: 'cve-1' }],
  namespaces: async () => [{ text: 'shop' }, { text: 'team-a' }],
  contexts: async () => [{ text: 'work' }],
};

async function complete(...words: string[]): Promise<string[]> {
  asked.length = 0;
  const streams = recordedStreams();
  expect(await runComplete(words, streams, commands, names)).toBe(0);
  return streams.out.text().trimEnd().split('\n');
}

describe('what may be typed next', () => {
  it('commands, with what they do', async () => {
    const all = await complete('');
    expect(all).toContain('get\tList what is broken.');
    expect(all.at(-1)).toBe(':4');
    expect(await complete('hist')).toEqual([expect.stringMatching(/^history\t/), ':4']);
    expect(await complete('help', 'hist')).toEqual([expect.stringMatching(/^history\t/), ':4']);
    expect(await complete('-n', 'shop', 'hist')).toEqual([expect.stringMatching(/^history\t/), ':4']);
  });

  it('names, which the server is asked for: open ones, or all where the past counts', async () => {
    expect(await complete('describe', 'web')).toEqual(['web-a\tIt broke', 'web-b', ':4']);
    expect(asked).toEqual(['issues all ']);
    // Those that were named are not offered again.
    expect(await complete('ack', 'web-a', '-n', 'shop', 'web')).toEqual(['web-b', ':4']);
    expect(asked).toEqual(['issues Active shop']);
    expect(await complete('resolve', '-i', 'api')).toEqual(['api-c', ':4']);
    expect(await complete('groups', '')).toEqual(['cve-1', ':4']);
    expect(await complete('get', '-n', '')).toEqual(['shop', 'team-a', ':4']);
    expect(await complete('get', '--context', 'w')).toEqual(['work', ':4']);
  });

  it('flags that were not given, and their values, also after = and in a list', async () => {
    const flags = (await complete('get', '-A', '--')).map((line) => line.split('\t')[0]);
    expect(flags).toContain('--severity');
    expect(flags).toContain('--as');
    expect(flags).not.toContain('--all-namespaces');
    expect(await complete('get', '--severity', 'm')).toEqual(['major', 'minor', ':4']);
    expect(await complete('get', '--severity=critical,m')).toEqual([
      ...['--severity=critical,major', '--severity=critical,minor', ':4'],
    ]);
    expect(await complete('get', '-o', 'j')).toEqual(['json', 'jsonpath', ':4']);
    expect(await complete('open', 'x', '--link', 'c')).toEqual(['console', 'commit', ':4']);
  });

  it('words of a command, or files', async () => {
    expect(await complete('config', 'v')).toEqual(['view', 'validate', ':4']);
    expect(await complete('top', 'namespaces', 'c')).toEqual(['components', ':4']);
    for (const words of [
      ['replay', ''],
      ['get', '--kubeconfig', ''],
      ['report', '-f', ''],
      ['rule', 'test', 'x'],
    ]) {
      expect([words, await complete(...words)]).toEqual([words, [':0']]);
    }
  });

  it.each([[['nothing', '']], [['get', '--nothing', '']], [['stats', '']], [['get', '--since', '']]])(
    '%j makes no sense, or is free: nothing, and no error',
    async (words) => {
      expect((await complete(...words)).at(-1)).toBe(':4');
    },
  );
});

describe('names of a server', { timeout: 60_000 }, () => {
  it('are asked for with the flags that were typed, and silence is none', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-names-'));
    await using up = startCommand(['up', '--state-dir', 'state', '--listen', '127.0.0.1:0'], { directory });
    await up.printed('get issues -A -w');
    const streams = recordedStreams({ directory, env: { KUBECONFIG: 'state/kubeconfig', HOME: directory } });
    const ask = async (...words: string[]) => {
      const streams = recordedStreams({ directory, env: { KUBECONFIG: 'state/kubeconfig', HOME: directory } });
      await runComplete(words, streams, commands);
      return streams.out.text();
    };
    expect(await ask('get', '-n', 'shop', '')).toMatch(/^component-payments-\w+\t.+\n/);
    expect(await ask('get', '-A', 'component-pay')).toMatch(/^component-payments-\w+\t/);
    expect(await ask('get', '-n', 'sh')).toBe('shop\n:4\n');
    expect(await ask('get', '--context', '')).toBe('faultline\n:4\n');
    expect(await ask('get', '--server', 'http://127.0.0.1:1', '-n', 'shop', '')).toBe(':4\n');
    expect(streams.err.text()).toBe('');
    expect(await serverNames({ ...streams, env: {} }).contexts({ given: new Map() } as never)).toEqual([]);
    await up.stop();
    await rm(directory, { recursive: true, force: true });
  });
});

describe('the scripts', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-shells-'));
    // Says what it was asked, and knows a few words.
    const fake = `#!/bin/sh\nprintf '%s|' "$@" >> "${join(directory, 'asked')}"\nprintf 'major\\tBad\\n--severity=minor\\nother\\n:4\\n'\n`;
    await writeFile(join(directory, 'faultline'), fake);
    await chmod(join(directory, 'faultline'), 0o755);
  });
  beforeEach(() => rm(join(directory, 'asked'), { force: true }));
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;
  const run = async (shell: string, script: string): Promise<string> => {
    const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
    const child = spawn(shell, ['-c', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [out] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return out;
  };

  it.runIf(has('bash'))('bash gets candidates, and of --flag=value the value alone', async () => {
    const typed = (line: string) => `${COMPLETION_SCRIPTS.bash}
COMP_LINE='${line}' COMP_POINT=${line.length} __faultline_complete; printf '%s\\n' "\${COMPREPLY[@]}"; cat ${join(directory, 'asked')}; rm ${join(directory, 'asked')}`;
    expect(await run('bash', typed('faultline get --severity m'))).toBe(
      'major\n--severity=minor\nother\n__complete|get|--severity|m|',
    );
    expect(await run('bash', typed('faultline get --severity=m'))).toBe(
      'major\nminor\nother\n__complete|get|--severity=m|',
    );
    // What is empty is a word, too.
    expect(await run('bash', typed('faultline get '))).toContain('__complete|get||');
  });

  it.runIf(has('bash'))('bash takes the script as it is printed', async () => {
    expect(await run('bash', `${COMPLETION_SCRIPTS.bash}\ncomplete -p faultline`)).toBe(
      'complete -o default -F __faultline_complete faultline\n',
    );
  });

  it.runIf(has('zsh'))('zsh understands its script', async () => {
    expect(await run('zsh', `compdef() { echo "$@"; }\n${COMPLETION_SCRIPTS.zsh}`)).toBe('_faultline faultline\n');
  });

  it.runIf(has('fish'))('fish gets candidates with what they are', async () => {
    expect(await run('fish', `${COMPLETION_SCRIPTS.fish}\ncomplete -C 'faultline get '`)).toContain('major\tBad');
  });

  it('kubectl asks the same', async () => {
    const script = join(directory, 'kubectl_complete-faultline');
    await writeFile(script, COMPLETION_SCRIPTS.kubectl);
    await chmod(script, 0o755);
    expect(await run('sh', `kubectl_complete-faultline get '' && cat ${join(directory, 'asked')}`)).toBe(
      'major\tBad\n--severity=minor\nother\n:4\n__complete|get||',
    );
  });
});

it('faultline completion prints a script, and says which there are', async () => {
  const bash = startCommand(['completion', 'bash']);
  expect(await bash.exitCode).toBe(0);
  expect(bash.out.text()).toBe(COMPLETION_SCRIPTS.bash);
  const wrong = startCommand(['completion', 'zhs']);
  expect(await wrong.exitCode).toBe(2);
  expect(wrong.err.text()).toContain('"zhs" is none of bash, zsh, fish, kubectl; did you mean "zsh"?');
});
