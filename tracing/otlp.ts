import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import type { Span, SpanContext, SpanOptions, Tracer } from './tracer.ts';

/**
 * Spans to an OpenTelemetry collector: OTLP over HTTP as JSON (opentelemetry-proto, `ExportTraceServiceRequest`), in
 * batches. What the collector does not take is dropped and counted: traces never hold anything up.
 */
export interface OtlpOptions {
  /** `http://collector:4318`; `/v1/traces` is added, as OTEL_EXPORTER_OTLP_ENDPOINT says. */
  readonly endpoint: string;
  /** OTEL_EXPORTER_OTLP_HEADERS, parsed. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly serviceVersion: string;
  /** Where it is sent through, such as a proxy. Default: directly. */
  readonly dispatcher?: Dispatcher | undefined;
  /** The part of new traces that is kept, 0 to 1. Default 1. */
  readonly ratio?: number;
  /** Told once for each cause. */
  readonly onFault?: (fault: string) => void;
  /** ms. Default Date.now. */
  readonly now?: () => number;
  readonly random?: () => number;
  /** How long spans are gathered, ms. Default 1,000. */
  readonly delayMs?: number;
}

export interface OtlpTracer extends Tracer, AsyncDisposable {
  /** Sends what is there. Never rejects. */
  flush(): Promise<void>;
  readonly dropped: number;
}

interface Recorded {
  readonly name: string;
  readonly context: SpanContext;
  readonly options: SpanOptions;
  readonly startedAt: number;
  endedAt: number;
  fault: string | undefined;
  readonly attributes: Map<string, string | number | boolean>;
}

const MAX_BATCH = 512;
const MAX_WAITING = 4_096;
const TIMEOUT_MS = 5_000;
const END_MS = 500;
const KINDS = { internal: 1, server: 2, client: 3 } as const;

export function createOtlpTracer(options: OtlpOptions): OtlpTracer {
  return new Otlp(options);
}

class Otlp implements OtlpTracer {
  readonly #options: OtlpOptions;
  readonly #now: () => number;
  readonly #random: () => number;
  #waiting: Recorded[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending = Promise.resolve();
  #said = '';
  #dropped = 0;

  constructor(options: OtlpOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
  }

  get dropped(): number {
    return this.#dropped;
  }

  start(name: string, options: SpanOptions = {}): Span | undefined {
    const { parent, startedAt = this.#now(), attributes = {} } = options;
    // Whether a trace is kept is decided where it begins, and then holds for all of it.
    if (parent === undefined && this.#random() >= (this.#options.ratio ?? 1)) return undefined;
    const context = { traceId: parent?.traceId ?? hex(16), spanId: hex(8) };
    const recorded: Recorded = {
      ...{ name, context, options, startedAt, endedAt: 0, fault: undefined },
      attributes: new Map(Object.entries(attributes)),
    };
    return {
      context,
      set: (key, value) => void recorded.attributes.set(key, value),
      fail: (message) => {
        recorded.fault = message;
      },
      end: (at = this.#now()) => {
        if (recorded.endedAt !== 0) return;
        recorded.endedAt = Math.max(at, startedAt);
        this.#ended(recorded);
      },
    };
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      this.#sending = this.#sending.then(() => this.#send(batch));
    }
    await this.#sending;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A collector that is away must not hold up the end of the process.
    await Promise.race([this.flush(), wait(END_MS, undefined, { ref: false })]);
  }

  #ended(span: Recorded): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(span);
    this.#timer ??= setTimeout(() => void this.flush(), this.#options.delayMs ?? 1_000).unref();
  }

  async #send(spans: readonly Recorded[]): Promise<void> {
    const { endpoint, dispatcher, headers = {}, serviceName, serviceVersion } = this.#options;
    const attributes = { 'service.name': serviceName, 'service.version': serviceVersion };
    const scopeSpans = [{ scope: { name: 'faultline', version: serviceVersion }, spans: spans.map(spanJson) }];
    const body = JSON.stringify({
      resourceSpans: [{ resource: { attributes: attributesJson(attributes) }, scopeSpans }],
    });
    try {
      const answer = await request(`${endpoint.replace(/\/+$/, '')}/v1/traces`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        ...(dispatcher && { dispatcher }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) throw new Error(`HTTP ${answer.statusCode} ${text.slice(0, 200)}`);
      this.#said = '';
    } catch (error) {
      this.#dropped += spans.length;
      const fault = error instanceof Error ? error.message || String(error) : String(error);
      if (fault !== this.#said) this.#options.onFault?.(fault);
      this.#said = fault;
    }
  }
}

function spanJson({ name, context, options, startedAt, endedAt, fault, attributes }: Recorded): object {
  const { parent, links = [], kind = 'internal' } = options;
  return {
    ...context,
    ...(parent !== undefined && { parentSpanId: parent.spanId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(startedAt),
    endTimeUnixNano: nanoseconds(endedAt),
    attributes: attributesJson(Object.fromEntries(attributes)),
    links: links.map(({ traceId, spanId }) => ({ traceId, spanId })),
    status: fault === undefined ? {} : { code: 2, message: fault.slice(0, 1_000) },
  };
}

function attributesJson(attributes: Readonly<Record<string, string | number | boolean>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueJson(value) }));
}

function valueJson(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value.slice(0, 4_096) };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Milliseconds with fractions, as the decimal string that JSON of protobuf has for 64 bits. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1_000)) * 1_000n);
}

/** Never all zeros, which would be no identity. */
function hex(bytes: number): string {
  const text = randomBytes(bytes).toString('hex');
  return /^0+$/.test(text) ? hex(bytes) : text;
}
