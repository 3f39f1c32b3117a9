import { describe, expect, it } from 'vitest';
import { recordedOutput } from '../../testing/recorded-streams.ts';
import type { Row } from '../issues.ts';
import { tablePrinter } from './table.ts';

const COLUMNS = [{ name: 'Name' }];
const OPTIONS = { wide: false, headers: true, withNamespace: false };

function printed(rows: readonly Row[], labels?: { keys: readonly string[]; all: boolean }): string {
  const out = recordedOutput();
  tablePrinter({ ...OPTIONS, labels }, { out, env: {} }).page({ columns: COLUMNS, rows });
  return out.text();
}

describe('labels of the rows of a table', () => {
  const rowOf = (labels: object): Row => ({ cells: ['web'], object: { metadata: labels } as unknown as Row['object'] });

  it('are columns where they are asked for', () => {
    const row = rowOf({ labels: { 'faultline.dev/type': 'build', app: 'shop' } });
    expect(printed([row], { keys: ['faultline.dev/type', 'x'], all: true })).toMatch(
      /^NAME +TYPE +X +LABELS\nweb +build +<none> +app=shop,faultline.dev\/type=build\n$/,
    );
  });

  it('are not even looked at where they are not: of ten thousand rows that is a sixth of all memory', () => {
    const row = rowOf({
      get labels(): never {
        throw new Error('looked at');
      },
    });
    expect(printed([row])).toBe('NAME\nweb\n');
  });
});
