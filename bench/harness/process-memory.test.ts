import { expect, test } from 'vitest';
import { parseStatus, processMemory } from './process-memory.ts';

test('the kernel counts KiB, the table megabytes', () => {
  const status = 'Name:\tnode\nVmHWM:\t  250000 kB\nVmRSS:\t  195312 kB\n';
  const { residentMB, peakMB } = parseStatus(status);
  expect(residentMB).toBeCloseTo(200, 2);
  expect(peakMB).toBe(256);
  expect(() => parseStatus('Name:\tnode\n')).toThrow('VmRSS');
});

test('this process has memory, and never more than its peak', async () => {
  const { residentMB, peakMB } = await processMemory(process.pid);
  expect(residentMB).toBeGreaterThan(10);
  expect(peakMB).toBeGreaterThanOrEqual(residentMB - 1);
});
