import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { argOf, type Instruction, pairsOf, readContainerfile, type Stage, substitute } from './instructions.ts';
import { baseRoot, buildRoot } from './machine-root.ts';

export interface Built {
  /** Root file system of the last stage. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workdir: string;
  readonly entrypoint: readonly string[];
}

export interface BuildOptions {
  /** The build context: the repository. */
  readonly context: string;
  /** An empty folder, for the root file systems. */
  readonly into: string;
  readonly args?: Readonly<Record<string, string>>;
  /** Told of each step before it is done. */
  readonly onStep?: (step: string) => void;
}

/**
 * Carries out the Containerfile in changed roots, with the machine's own files for base images: each ARG, COPY, RUN, ENV and
 * WORKDIR as it is written. Needs root and Linux; RUN has a mount and a process namespace of its own.
 */
export async function buildInChroot({ context, into, args: given = {}, onStep }: BuildOptions): Promise<Built> {
  const { stages, args } = readContainerfile(await readFile(join(context, 'Containerfile'), 'utf8'), given);
  const roots = new Map<string, string>();
  let built: Built | undefined;
  for (const [index, stage] of stages.entries()) {
    const root = join(into, `stage-${index}`);
    await (index === stages.length - 1 ? baseRoot(root) : buildRoot(root));
    roots.set(stage.name, root);
    built = await runStage(stage, { context, roots, root, args, given, onStep: onStep ?? (() => {}) });
  }
  if (!built) throw new Error('the Containerfile has no stage');
  return built;
}

interface At extends Required<Pick<BuildOptions, 'context' | 'onStep'>> {
  readonly roots: ReadonlyMap<string, string>;
  readonly root: string;
  readonly args: Readonly<Record<string, string>>;
  readonly given: Readonly<Record<string, string>>;
}

async function runStage(stage: Stage, at: At): Promise<Built> {
  const declared: Record<string, string> = {};
  const state = { env: { PATH: PATH_OF_IMAGES } as Record<string, string>, labels: {}, user: '0', workdir: '/' };
  let entrypoint: string[] = [];
  for (const instruction of stage.instructions) {
    const { keyword, text } = instruction;
    at.onStep(`${keyword} ${text}`);
    const values = { ...declared, ...state.env };
    if (keyword === 'ARG') Object.assign(declared, argOf(text, { ...at.args, ...at.given }));
    else if (keyword === 'ENV') Object.assign(state.env, pairsOf(text, values));
    else if (keyword === 'LABEL') Object.assign(state.labels, pairsOf(text, values));
    else if (keyword === 'WORKDIR') {
      state.workdir = substitute(text, values);
      await mkdir(join(at.root, state.workdir), { recursive: true });
    } else if (keyword === 'COPY') await copy(instruction, at, state.workdir);
    else if (keyword === 'RUN')
      start(['/bin/sh', '-c', `cd ${state.workdir} && ${text}`], at.root, { ...state, env: values });
    else if (keyword === 'USER') state.user = text;
    else entrypoint = JSON.parse(text) as string[];
  }
  return { root: at.root, ...state, entrypoint };
}

const PATH_OF_IMAGES = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

async function copy({ flags, text }: Instruction, at: At, workdir: string): Promise<void> {
  const words = text.split(/\s+/);
  const target = join(at.root, workdir, words.at(-1) ?? '');
  const to = words.at(-1)?.startsWith('/') ? join(at.root, words.at(-1) ?? '') : target;
  for (const source of words.slice(0, -1)) {
    const from = flags.from === undefined ? join(at.context, source) : join(at.roots.get(flags.from) ?? '', source);
    if (source === '.') {
      await copyContext(at.context, to);
      continue;
    }
    const path = /\/$/.test(words.at(-1) ?? '') ? join(to, source) : to;
    await mkdir(dirname(path), { recursive: true });
    await cp(from, path, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    if (flags.chown !== undefined) checked('chown', ['-R', flags.chown, path]);
  }
}

/** All but what .dockerignore names: names without a folder, at the top. */
async function copyContext(context: string, to: string): Promise<void> {
  const ignored = (await readFile(join(context, '.dockerignore'), 'utf8')).split('\n').filter((line) => line !== '');
  const excluded = ignored.map((name) => `--exclude=./${name}`);
  checked('sh', ['-c', 'tar -C "$1" -cf - $3 . | tar -C "$2" -xf -', 'sh', context, to, excluded.join(' ')]);
}

/** Starts a program in the root, with /dev and /proc, and the network of this machine. Answers what it printed. */
export function start(
  words: readonly string[],
  root: string,
  { env, user }: Pick<Built, 'env' | 'user'>,
  { readOnly = false } = {},
): string {
  const steps = [
    ...(readOnly ? [`mount --bind '${root}' '${root}'`] : []),
    `mount --rbind /dev '${root}/dev'`,
    `mount -t proc proc '${root}/proc'`,
    ...(readOnly ? [`mount -o remount,ro,bind '${root}'`] : []),
    `exec /usr/sbin/chroot --userspec=${user}:0 '${root}' "$@"`,
  ];
  const { NODE_EXTRA_CA_CERTS } = process.env;
  return checked('unshare', ['--mount', '--pid', '--fork', 'sh', '-c', steps.join(' && '), 'sh', ...words], {
    HOME: '/root',
    ...env,
    ...(NODE_EXTRA_CA_CERTS !== undefined && { NODE_EXTRA_CA_CERTS }),
  });
}

function checked(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): string {
  const ran = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20, ...(env && { env }) });
  if (ran.status === 0) return ran.stdout;
  throw new Error(
    `${[program, ...args].join(' ')}\nended with ${ran.status}: ${ran.stderr || ran.stdout || ran.error}`,
  );
}
