import type { OtlpTracer } from '../tracing/otlp.ts';
import { proxyOf } from './cluster/proxy.ts';
import { Failure } from './exit.ts';
import type { Log } from './log.ts';
import { packageVersion } from './package-info.ts';
import type { Streams } from './streams.ts';

/**
 * The tracer of this process as the environment says it, by the names of OpenTelemetry: OTEL_EXPORTER_OTLP_ENDPOINT
 * (without it nothing is traced, and nothing is loaded), OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME,
 * OTEL_TRACES_SAMPLER_ARG (the part of traces that is kept) and OTEL_SDK_DISABLED.
 */
export async function openTelemetry(env: Streams['env'], service: string, log: Log): Promise<OtlpTracer | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint = '', OTEL_SDK_DISABLED: disabled } = env;
  if (endpoint === '' || disabled === 'true') return undefined;
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint)) {
    throw new Failure(`OTEL_EXPORTER_OTLP_ENDPOINT is no http:// or https:// URL: ${JSON.stringify(endpoint)}`);
  }
  const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG || '1');
  if (!(ratio >= 0 && ratio <= 1)) {
    throw new Failure(`OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1: ${env.OTEL_TRACES_SAMPLER_ARG}`);
  }
  const { createOtlpTracer } = await import('../tracing/otlp.ts');
  const proxy = proxyOf(endpoint, env);
  return createOtlpTracer({
    endpoint,
    dispatcher: proxy && new (await import('undici')).ProxyAgent(proxy.href),
    headers: headersOf(env.OTEL_EXPORTER_OTLP_HEADERS ?? ''),
    serviceName: env.OTEL_SERVICE_NAME || service,
    serviceVersion: packageVersion(),
    ratio,
    onFault: (fault) => log.warn({ endpoint, fault }, 'traces cannot be exported: they are dropped'),
  });
}

/** `api-key=abc,x=y%20z`, as OpenTelemetry writes W3C baggage. */
function headersOf(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.trim());
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const at = pair.indexOf('=');
      return at < 1 ? [] : [[pair.slice(0, at).trim().toLowerCase(), decoded(pair.slice(at + 1).trim())]];
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
