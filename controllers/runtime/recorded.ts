import type { Readable } from 'node:stream';
import type { ClusterObject } from './object.ts';

export interface RecordedProgress {
  readonly filesDone: number;
  readonly files: number;
  readonly bytesDone: number;
  readonly bytes: number;
}

export interface RecordedSummary {
  readonly files: number;
  readonly objects: number;
  /** Documents that are no Kubernetes object. */
  readonly skipped: number;
  /** Files that could not be read or parsed: path and cause. */
  readonly faults: readonly { readonly path: string; readonly message: string }[];
}

export interface ReadRecordedOptions {
  /** Called for every object that was found. */
  onObject(object: ClusterObject): void;
  onProgress?: (progress: RecordedProgress) => void;
  signal?: AbortSignal;
}

/** Reads recorded objects once: a folder (with sub-folders), a file, or a stream (`replay -`). */
export declare function readRecorded(from: string | Readable, options: ReadRecordedOptions): Promise<RecordedSummary>;
