import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type RecordedChange, readRecordedStream, recordedLine } from './recorded-stream.ts';

const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' } };
const change: RecordedChange = { at: '2026-11-21T10:00:00Z', type: 'ADDED', object };

async function read(bytes: string | Buffer, name = 'stream.jsonl'): Promise<RecordedChange[]> {
  return await Array.fromAsync(readRecordedStream(name, () => Readable.from([Buffer.from(bytes)])));
}

test('what was written is read, compressed or not; empty lines and bookmarks are left out', async () => {
  const more = '\n{"type":"BOOKMARK","object":{}}\r\n';
  const text = `${recordedLine(change)}${more}${recordedLine({ ...change, type: 'DELETED' })}`;
  const both = [change, { ...change, type: 'DELETED' }];
  expect(await read(text)).toEqual(both);
  expect(await read(gzipSync(text), 'stream.jsonl.gz')).toEqual(both);
});

test.each([
  ['{', 'is not JSON'],
  ['1', 'is no object'],
  [
    '{"at":"2026-11-21T10:00:00Z","type":"CHANGED","object":{}}',
    'type is "CHANGED": must be ADDED, MODIFIED or DELETED',
  ],
  ['{"type":"ADDED","object":{}}', 'at is undefined: must be an RFC 3339 time'],
  ['{"at":"2026-11-21T10:00:00Z","type":"ADDED","object":{"kind":"Pod"}}', 'object is no Kubernetes object'],
])('%s is told with its line', async (line, message) => {
  await expect(read(`${recordedLine(change)}${line}\n`)).rejects.toThrow(`stream.jsonl:2: ${message}`);
});

test('a file that is missing or damaged rejects', async () => {
  await expect(Array.fromAsync(readRecordedStream('/nowhere/x.jsonl'))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(Array.fromAsync(readRecordedStream('/nowhere/x.jsonl.gz'))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(read('no gzip', 'stream.jsonl.gz')).rejects.toMatchObject({ code: 'Z_DATA_ERROR' });
});
