import { randomUUID } from 'node:crypto';
import { groupOf } from '../../crds/meta.ts';
import type { Span, SpanContext, Tracer } from '../../tracing/tracer.ts';
import type { Clock } from './clock.ts';
import { namespaceOf } from './object.ts';

export interface LooksOptions {
  readonly controller: string;
  /** Of the watched kind. */
  readonly apiVersions: readonly string[];
  readonly kind: string;
  readonly tracer?: Tracer | undefined;
  readonly clock: Clock;
}

/** One look at one object: what its lines in the log and its spans have in common. */
export class LookContext {
  readonly #fields: object;
  readonly #span: Span | undefined;
  /** When the change came that it follows, ms. */
  readonly since: number;
  #id: string | undefined;

  constructor(fields: object, since: number, span: Span | undefined) {
    this.#fields = fields;
    this.since = since;
    this.#span = span;
  }

  /** For the span of what carries the report. */
  get trace(): SpanContext | undefined {
    return this.#span?.context;
  }

  /** controller-runtime's fields. The id is made when a line is written, which is rare. */
  fields(): object {
    this.#id ??= randomUUID();
    return { ...this.#fields, reconcileID: this.#id, ...(this.#span && { trace_id: this.#span.context.traceId }) };
  }

  /** What the look came to. */
  outcome(outcome: string, fault?: string): void {
    this.#span?.set('faultline.outcome', outcome);
    if (fault !== undefined) this.#span?.fail(fault);
  }

  end(): void {
    this.#span?.end();
  }
}

/** The looks of one controller that are under way, by key; there is at most one a key. */
export class Looks {
  readonly #options: LooksOptions;
  readonly #current = new Map<string, LookContext>();
  /** When the change came that a look is about to follow. */
  readonly #changed = new Map<string, number>();

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /** A key was taken out of the queue, where it waited for so long, ms. */
  taken(key: string, waitedMs: number): void {
    this.#changed.set(key, this.#options.clock.now() - waitedMs);
  }

  begin(key: string): LookContext {
    const { tracer, clock } = this.#options;
    const since = this.#changed.get(key) ?? clock.now();
    this.#changed.delete(key);
    const look = new LookContext(this.#nameOf(key), since, tracer && this.#span(key, since));
    this.#current.set(key, look);
    return look;
  }

  of(key: string): LookContext | undefined {
    return this.#current.get(key);
  }

  /** The fields of a line about an object: of its look, or of no look in particular. */
  fields(key: string, look = this.#current.get(key)): object {
    return look?.fields() ?? this.#nameOf(key);
  }

  /** What was taken is looked at, or was no object at all. */
  end(key: string): void {
    this.#changed.delete(key);
    this.#current.get(key)?.end();
    this.#current.delete(key);
  }

  #nameOf(key: string): object {
    const { controller, apiVersions, kind } = this.#options;
    const namespace = namespaceOf(key);
    return {
      ...{ controller, controllerGroup: groupOf(apiVersions[0] ?? ''), controllerKind: kind },
      ...{ namespace, name: key.slice(namespace.length + 1) },
    };
  }

  /** From the change that the watch told to the end of the look. */
  #span(key: string, startedAt: number): Span | undefined {
    const { tracer, controller, kind, clock } = this.#options;
    const namespace = namespaceOf(key);
    const attributes = {
      'faultline.controller': controller,
      ...{
        'k8s.object.kind': kind,
        'k8s.namespace.name': namespace,
        'k8s.object.name': key.slice(namespace.length + 1),
      },
      'faultline.queue_ms': Math.max(0, clock.now() - startedAt),
    };
    return tracer?.start(`look ${kind}`, { startedAt, attributes });
  }
}
