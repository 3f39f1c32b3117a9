import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** One line about where the figures come from: they mean nothing without it. */
export function machine(): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown CPU'})`;
  return `${cores}, ${memory}, Linux ${release()}, Node ${process.versions.node}, commit ${commit()}`;
}

function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: import.meta.dirname })
        .toString()
        .trim();
    const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with local changes';
    return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
  } catch {
    return 'unknown';
  }
}
