import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import type { Asked } from '../golden/ask.ts';
import type { Outcome } from './exchange.ts';
import { SECRET } from './world.ts';

/** What is wrong with an answer, '' for nothing. Knows no expected answer: only what every answer must be. */
export function judge(asked: Asked, { status, headers, body, whole }: Outcome): string {
  const bytes = headers['content-encoding'] === 'gzip' && whole ? gunzipSync(body) : body;
  const text = bytes.toString('utf8');
  if (text.includes(SECRET) || JSON.stringify(headers).includes(SECRET)) return 'bytes of a foreign namespace';
  if (status >= 500 && status !== 503 && status !== 504) return `a ${status}`;
  if (status >= 300 && status < 400 && status !== 304) return 'a redirect';
  if (headers.location !== undefined) return 'a Location';
  if (asked.method === 'HEAD') return body.length === 0 ? '' : 'an answer to HEAD with a body';
  if (isHealth(asked.path) || status === 101) return '';
  if (status === 304) return body.length === 0 ? '' : 'a 304 with a body';
  if (status >= 400) return faultOfFailure(status, headers['content-type'] ?? '', text);
  return whole ? faultOfSuccess(headers['content-type'] ?? '', text) : faultOfLines(text);
}

/** Whether HTTP's parser refuses it before the server knows a method: a target that is no path, or not of ASCII. */
export function isUnreadable({ path }: Asked): boolean {
  return !/^[/*][!-~]*$/.test(path);
}

function isHealth(path: string): boolean {
  return /^\/(healthz|livez|readyz)\b/.test(path);
}

function faultOfFailure(status: number, type: string, text: string): string {
  const value = decoded(type, text) as Record<string, unknown> | undefined;
  if (!value) return `a ${status} that is no Status but ${type}: ${text.slice(0, 100)}`;
  const { kind, apiVersion, status: outcome, message, reason, code, metadata } = value;
  if (kind !== 'Status' || apiVersion !== 'v1' || outcome !== 'Failure') return `a ${status} that is no Status`;
  if (code !== status) return `a ${status} whose code is ${code}`;
  if (typeof message !== 'string' || message === '') return `a ${status} without a message`;
  if (typeof reason !== 'string' || reason === '') return `a ${status} without a reason`;
  if (typeof metadata !== 'object') return `a ${status} without metadata`;
  return '';
}

function faultOfSuccess(type: string, text: string): string {
  if (type.startsWith('application/com.github.proto-openapi')) return '';
  if (text.startsWith('{"type":')) return faultOfLines(text);
  return decoded(type, text) === undefined ? `a success of ${type} that cannot be read: ${text.slice(0, 100)}` : '';
}

/** A watch, or a list of which only the beginning was read. */
function faultOfLines(text: string): string {
  if (!text.startsWith('{"type":')) return '';
  const lines = text.split('\n').slice(0, -1);
  const wrong = lines.find(
    (line) =>
      !/^\{"type":"(ADDED|MODIFIED|DELETED|BOOKMARK|ERROR)","object":\{/.test(line) ||
      decoded('application/json', line) === undefined,
  );
  return wrong === undefined ? '' : `a line of a watch that is no event: ${wrong.slice(0, 100)}`;
}

function decoded(type: string, text: string): unknown {
  try {
    if (type.startsWith('application/json')) return JSON.parse(text) as unknown;
    return type === 'application/yaml' ? (parse(text) as unknown) : undefined;
  } catch {
    return undefined;
  }
}
