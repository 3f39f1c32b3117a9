import { AssertionError } from 'node:assert';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse, stringify } from 'yaml';
import type { Report } from '../../crds/report.ts';
import type { FixtureLook } from './fixture.ts';

const UPDATE = 'UPDATE_GOLDEN';

export interface GoldenOptions {
  /** Writes the file instead of comparing with it. Default: whether the variable UPDATE_GOLDEN is set. */
  readonly update?: boolean;
}

/**
 * Compares what a controller said (`observeFixture`) with a YAML file that people read and review. Rejects with an
 * AssertionError that says how to write the file anew when they differ or there is none; what is in it besides the values
 * (comments, order of keys) is not compared.
 */
export async function expectGolden(
  file: string,
  looks: readonly FixtureLook[],
  { update = (process.env[UPDATE] ?? '') !== '' }: GoldenOptions = {},
): Promise<void> {
  const actual = looks.map(shown);
  if (update) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, written(actual));
    return;
  }
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  const expected: unknown = text === undefined ? undefined : parse(text);
  if (text !== undefined && isDeepStrictEqual(actual, expected)) return;
  const what = text === undefined ? 'There is no golden file' : 'The controller does not say what is in';
  throw new AssertionError({
    message: `${what} ${file}. If what it says now is right, run the test again with ${UPDATE}=1 and review the file.`,
    actual: written(actual),
    expected: text === undefined ? '' : written(expected),
    operator: 'expectGolden',
  });
}

/** As JSON has it: what is undefined is not there. */
function shown({ reports, ...look }: FixtureLook): unknown {
  const said = reports.map(({ namespace, subject, order, observedAt, body }) => ({
    subject,
    namespace,
    ...('completedAt' in order && order.completedAt !== undefined ? { completedAt: order.completedAt } : {}),
    ...(observedAt === undefined ? {} : { observedAt }),
    ...(isComplete(body) ? { findings: body.findings } : {}),
  }));
  return JSON.parse(JSON.stringify({ ...look, ...(look.undecided === undefined ? { said } : {}) })) as unknown;
}

function isComplete(body: Report['body']): body is Extract<Report['body'], { findings: unknown }> {
  return 'findings' in body;
}

function written(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
