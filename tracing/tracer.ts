/**
 * Traces as OpenTelemetry knows them, as far as Faultline needs them: the port that the runtime and the server are given.
 * Without one nothing is made and nothing is kept.
 */

/** Where a span is in a trace: what W3C's `traceparent` header says. */
export interface SpanContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
}

export interface Span {
  readonly context: SpanContext;
  set(name: string, value: string | number | boolean): void;
  /** It did not go well. */
  fail(message: string): void;
  /** Nothing of it can be changed afterwards. `at`: ms; default now. */
  end(at?: number): void;
}

export interface SpanOptions {
  readonly kind?: 'internal' | 'server' | 'client';
  /** Without one a new trace begins. */
  readonly parent?: SpanContext | undefined;
  /** Others that this is about: of a batch. */
  readonly links?: readonly SpanContext[];
  /** ms; default now. */
  readonly startedAt?: number;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

export interface Tracer {
  /** Undefined when this trace is not among those that are kept. */
  start(name: string, options?: SpanOptions): Span | undefined;
}

/** At most so many spans are named by the span of a batch. */
export const MAX_LINKS = 128;

/** The parent and the links of the span of a batch: it belongs to the first trace, and names the others. */
export function batchOf(
  contexts: readonly (SpanContext | undefined)[],
): Pick<SpanOptions, 'parent' | 'links'> | undefined {
  const [parent, ...others] = new Set(contexts.filter((context) => context !== undefined));
  return parent === undefined ? undefined : { parent, links: others.slice(0, MAX_LINKS) };
}

/** https://www.w3.org/TR/trace-context/#traceparent-header; what is kept is sampled. */
export function traceparent({ traceId, spanId }: SpanContext): string {
  return `00-${traceId}-${spanId}-01`;
}

/** Undefined when there is none, it is not understood, or whoever sent it keeps nothing of that trace. */
export function parseTraceparent(header: string | undefined): SpanContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '00'] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(header ?? '') ?? [];
  if (version === undefined || version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return (Number.parseInt(flags, 16) & 1) === 1 ? { traceId, spanId } : undefined;
}
