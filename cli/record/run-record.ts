import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pause, systemClock } from '../../controllers/runtime/clock.ts';
import { createKubeClient, createLiveSource, silentLogger } from '../../controllers/runtime/index.ts';
import { Informer } from '../../controllers/runtime/informer.ts';
import { type RecordedChange, recordedLine } from '../../controllers/runtime/recorded-stream.ts';
import { formatTime } from '../../crds/time.ts';
import { chooseCluster } from '../cluster/choose.ts';
import type { RecordOptions } from '../commands/record.ts';
import { EXIT, Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { redact } from './redact.ts';

/** `faultline record`: until Ctrl-C or the end of `--for`. */
export async function runRecord(options: RecordOptions, streams: Streams): Promise<number> {
  const { kubeconfig, context } = options;
  const chosen = await chooseCluster({ cluster: true, kubeconfig, context }, undefined, streams);
  if (chosen.kind !== 'live') throw new Failure('there is no live cluster');
  await using client = createKubeClient(chosen.connection);
  const file = await openFile(options);
  const ending = new AbortController();
  const signal = AbortSignal.any([streams.signal, ending.signal]);
  const counts = { ADDED: 0, MODIFIED: 0, DELETED: 0 };
  const write = (type: RecordedChange['type'], object: RecordedChange['object']): void => {
    counts[type]++;
    file.write(recordedLine({ at: formatTime(systemClock.now()), type, object }));
  };
  const source = createLiveSource({ client, logger: silentLogger });
  const informers = options.kinds.map(
    ({ apiVersion, kind }) =>
      new Informer({
        ...{ source, apiVersions: [apiVersion], kind, strip: redact, accept: () => true, logger: silentLogger },
        ...(options.namespace !== undefined && { namespaces: [options.namespace] }),
      }),
  );
  const told = new Set<string>();
  for (const informer of informers) {
    informer.subscribe({
      changed: (change) => {
        if (change.type === 'deleted') write('DELETED', change.object);
        else write(change.previous === undefined ? 'ADDED' : 'MODIFIED', change.object);
      },
      stateChanged() {
        const { faults, kind } = informer;
        for (const { message } of faults) {
          if (!told.has(`${kind} ${message}`)) streams.err.write(`warning: ${kind}: ${message}\n`);
          told.add(`${kind} ${message}`);
        }
        if (informer.complete && !told.has(kind))
          streams.err.write(`Recording ${kind}: ${informer.cache.size} objects\n`);
        if (informer.complete) told.add(kind);
      },
    });
  }
  const failed = file.failed.catch((cause: NodeJS.ErrnoException) => {
    ending.abort();
    throw new Failure(`cannot write ${options.shownFile}: ${cause.code ?? cause.message}`, { cause });
  });
  failed.catch(() => {});
  const running = informers.map((informer) => informer.run(signal));
  if (options.forMs !== undefined) await pause(systemClock, options.forMs, signal);
  else if (!signal.aborted) await once(signal, 'abort');
  ending.abort();
  await Promise.all(running);
  file.end();
  await failed;
  const sum = `${counts.ADDED} added, ${counts.MODIFIED} modified, ${counts.DELETED} deleted`;
  streams.err.write(`Wrote ${options.shownFile}: ${sum}\n`);
  return EXIT.ok;
}

interface StreamFile {
  write(line: string): void;
  end(): void;
  /** Resolves when everything is written; rejects with the fault of the file. */
  readonly failed: Promise<void>;
}

/** A new file that only its owner may read: what is masked is a guess. */
async function openFile({ file, shownFile }: RecordOptions): Promise<StreamFile> {
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  await once(output, 'open').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST') throw new Failure(`${shownFile} exists already: name another file with -o`, { cause });
    throw new Failure(`cannot write ${shownFile}: ${cause.code ?? cause.message}`, { cause });
  });
  const failed = finished(output);
  if (!file.endsWith('.gz')) return { write: (line) => void output.write(line), end: () => output.end(), failed };
  const gzip = createGzip();
  gzip.pipe(output);
  return { write: (line) => void gzip.write(line), end: () => gzip.end(), failed };
}
