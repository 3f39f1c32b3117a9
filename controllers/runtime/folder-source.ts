import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { ObjectSource } from './source.ts';

export interface FolderSourceOptions {
  /** The folder, searched with its sub-folders; YAML, JSON, `List`s and `.gz` are read, other files are counted. */
  folder: string;
  logger: Logger;
  clock?: Clock;
  /** A file is read when it was quiet for this long. Default 100 ms. */
  debounceMs?: number;
  /** The folder is looked through this often besides the notifications of the operating system. Default 5 s. */
  rescanMs?: number;
}

export declare function createFolderSource(options: FolderSourceOptions): ObjectSource & AsyncDisposable;
