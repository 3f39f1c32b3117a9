import { kindId, objectKey } from '../runtime/object.ts';
import type { RecordedChange } from '../runtime/recorded-stream.ts';
import type { MemorySource } from './memory-source.ts';
import type { Player, StreamFault } from './play-stream.ts';

/** Plays into a source in memory, which tells what went wrong as a source does. */
export class SourcePlayer implements Player {
  readonly #source: MemorySource;
  readonly #kinds = new Set<string>();
  /** What happened and was not told yet. */
  readonly #untold: RecordedChange[] = [];
  #away: { readonly until: number; readonly isTold: boolean } | undefined;
  #isSwapping = false;
  #last: RecordedChange | undefined;

  constructor(source: MemorySource) {
    this.#source = source;
  }

  /** ms; undefined: the watch is there. */
  get awayUntil(): number | undefined {
    return this.#away?.until;
  }

  happen(change: RecordedChange): void {
    this.#kinds.add(change.object.kind);
    this.#untold.push(change);
    if (this.#away !== undefined || (this.#isSwapping && this.#untold.length < 2)) return;
    this.#tellAll();
  }

  inject(fault: StreamFault, now: number, speed: number): void {
    switch (fault.type) {
      case 'expired':
        this.#list();
        break;
      case 'duplicate':
        if (this.#last !== undefined && this.#away === undefined) this.#tell(this.#last);
        break;
      case 'reorder':
        this.#isSwapping = true;
        break;
      case 'silence':
      case 'disconnect':
        this.#away ??= { until: now + fault.ms / speed, isTold: fault.type === 'disconnect' };
        if (fault.type === 'disconnect') this.#fail();
        break;
      default:
        fault satisfies never;
    }
  }

  comeBack(): void {
    const isTold = this.#away?.isTold === true;
    this.#away = undefined;
    this.#tellAll();
    if (isTold) for (const kind of this.#kinds) this.#source.fail(kind, undefined);
  }

  #fail(): void {
    const fault = { reason: 'Unreachable', message: 'the recording was told to disconnect', retryInMs: 1_000 } as const;
    for (const kind of this.#kinds) this.#source.fail(kind, fault);
  }

  #list(): void {
    if (this.#away === undefined) for (const kind of this.#kinds) this.#source.relist(kind);
  }

  #tellAll(): void {
    const changes = this.#untold.splice(0);
    const [first, second, ...rest] = changes;
    const isSwapped = this.#isSwapping && second !== undefined;
    if (isSwapped) this.#isSwapping = false;
    const isSame = isSwapped && first !== undefined && identity(first) === identity(second);
    const told = isSwapped && !isSame ? [second, first, ...rest] : changes;
    for (const change of told) if (change !== undefined) this.#tell(change);
    if (isSame) this.#list();
  }

  #tell(change: RecordedChange): void {
    this.#last = change;
    if (change.type === 'DELETED') this.#source.delete(change.object);
    else this.#source.apply(change.object);
  }
}

function identity({ object }: RecordedChange): string {
  return `${kindId(object.apiVersion, object.kind)}/${objectKey(object)}`;
}
