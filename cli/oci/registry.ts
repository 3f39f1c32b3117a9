import { type Dispatcher, ProxyAgent, request } from 'undici';
import { oneLine } from '../../crds/text.ts';
import { proxyOf } from '../cluster/proxy.ts';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';

type Answer = Dispatcher.ResponseData;

/** `user:password` in base64, or that there are none: what a refusal says to do about it. */
export type Credentials = { readonly basic: string } | { readonly missing: string };

export interface RegistryOptions {
  /** `quay.io`. Asked by https, unless it is this machine. */
  readonly registry: string;
  readonly repository: string;
  readonly credentials: Credentials;
  /** For the proxy. */
  readonly env: Streams['env'];
  readonly signal: AbortSignal;
}

interface Asked {
  readonly accept: string;
  /** Of the body, bytes. */
  readonly limit: number;
}

const TIMEOUT_MS = 60_000;
const MAX_REDIRECTS = 5;
const MAX_TOKEN = 1_000_000;
const LOOPBACK = /^(localhost|127\.0\.0\.1)(:\d+)?$/;

/**
 * Reads from one repository by the OCI distribution API: the token that the registry asks for, redirects to where it keeps its
 * blobs. Credentials go to the registry and to whom it names itself to issue its tokens alone, never to whom it redirects to
 * (CVE-2020-15157). Nothing goes over plain http but to this machine, and no answer is longer than asked for. Every fault is a
 * Failure that names the registry.
 */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #origin: string;
  #authorization: string | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#origin = new URL(`${LOOPBACK.test(options.registry) ? 'http' : 'https'}://${options.registry}`).origin;
  }

  /** `path`: below the repository, such as `manifests/latest`. */
  async get(path: string, asked: Asked): Promise<Buffer> {
    const { repository } = this.#options;
    const url = new URL(`${this.#origin}/v2/${repository}/${path}`);
    let { response, at } = await this.#follow(url, asked.accept);
    if (response.statusCode === 401 && at.origin === this.#origin) {
      await response.body.dump();
      this.#authorization = await this.#authorize(challengesOf(response));
      ({ response, at } = await this.#follow(url, asked.accept));
    }
    const { statusCode, body } = response;
    if (statusCode === 200) return await this.#read(response, at, asked.limit);
    await body.dump();
    if (at.origin === this.#origin) throw this.#failure(`${path}: ${meaningOf(statusCode, this.#options.credentials)}`);
    const why = statusCode === 401 ? ': credentials go to the registry alone' : '';
    throw this.#failure(`${path}: it redirects to ${at.host}, which answers HTTP ${statusCode}${why}`);
  }

  /**
   * Registries keep their blobs elsewhere, so this follows, unlike everything else here: who runs the command chose the registry, it is
   * a read without credentials, and what comes must have the digest that was asked for (docs/security.md). `at`: who answered.
   */
  async #follow(from: URL, accept: string): Promise<{ response: Answer; at: URL }> {
    let at = from;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const authorization = at.origin === this.#origin ? this.#authorization : undefined;
      const response = await this.#ask(at, { accept, ...(authorization && { authorization }) });
      const location = headerOf(response, 'location');
      if (response.statusCode < 300 || response.statusCode >= 400 || location === undefined) return { response, at };
      await response.body.dump();
      at = this.#safe(location, at);
    }
    throw this.#failure(`more than ${MAX_REDIRECTS} redirects`);
  }

  /** A registry that takes both is given a token, as every client does. */
  async #authorize(challenges: string): Promise<string> {
    const { credentials, repository } = this.#options;
    const basic = 'basic' in credentials ? `Basic ${credentials.basic}` : undefined;
    const bearer = /(?:^|,)\s*bearer\s+(.*)$/i.exec(challenges)?.[1];
    if (bearer === undefined && /(?:^|,)\s*basic\b/i.test(challenges)) {
      if (basic === undefined) throw this.#failure(meaningOf(401, credentials));
      return basic;
    }
    const parameter = (name: string): string | undefined => parameterOf(bearer ?? '', name);
    const realm = parameter('realm');
    if (realm === undefined)
      throw this.#failure('it refuses, and does not say how to log in (no Bearer or Basic challenge)');
    const url = this.#safe(realm, new URL(this.#origin));
    const service = parameter('service');
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', parameter('scope') ?? `repository:${repository}:pull`);
    const response = await this.#ask(url, {
      accept: 'application/json',
      ...(basic && { authorization: basic }),
    });
    if (response.statusCode !== 200) {
      await response.body.dump();
      throw this.#failure(`no token from ${url.host}: ${meaningOf(response.statusCode, credentials)}`);
    }
    const token = tokenIn((await this.#read(response, url, MAX_TOKEN)).toString());
    if (token === undefined) throw this.#failure(`no token from ${url.host}: its answer holds none`);
    return `Bearer ${token}`;
  }

  /** What an answer refers to: by https, or on this machine as the registry itself. */
  #safe(location: string, base: URL): URL {
    const url = URL.parse(location, base.href);
    if (url === null) throw this.#failure(`it refers to "${oneLine(location, 200)}", which is no address`);
    const own = url.protocol === 'http:' && LOOPBACK.test(url.host) && LOOPBACK.test(this.#options.registry);
    if (url.protocol !== 'https:' && !own)
      throw this.#failure(`it refers to ${url.host} by ${url.protocol} instead of https`);
    return url;
  }

  async #ask(url: URL, headers: Record<string, string>): Promise<Answer> {
    const signal = AbortSignal.any([this.#options.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const proxy = proxyOf(url.href, this.#options.env);
      return await request(url, {
        headers,
        signal,
        reset: true,
        ...(proxy && { dispatcher: new ProxyAgent(proxy.href) }),
      });
    } catch (error) {
      this.#options.signal.throwIfAborted();
      throw this.#failure(`${url.host} cannot be reached: ${causeOf(error)}`, error);
    }
  }

  async #read({ body }: Answer, url: URL, limit: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > limit) break;
        chunks.push(chunk);
      }
    } catch (error) {
      this.#options.signal.throwIfAborted();
      throw this.#failure(`${url.host} stopped in the middle: ${causeOf(error)}`, error);
    }
    if (bytes > limit) throw this.#failure(`${url.pathname} is longer than ${limit} bytes`);
    return Buffer.concat(chunks);
  }

  #failure(what: string, cause?: unknown): Failure {
    return new Failure(`${this.#options.registry}/${this.#options.repository}: ${what}`, { cause });
  }
}

/** All of them: a registry may send one header for each. */
function challengesOf({ headers }: Answer): string {
  return [headers['www-authenticate'] ?? []].flat().join(', ');
}

/** RFC 7235: the value of a parameter is a quoted string, in which a backslash escapes, or a token. */
function parameterOf(parameters: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s",]+))`, 'i').exec(parameters);
  return found?.[1]?.replace(/\\(.)/g, '$1') ?? found?.[2];
}

function headerOf({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function meaningOf(status: number, credentials: Credentials): string {
  if (status === 404) return 'there is none of that name (404), or it is not for everybody';
  if (status !== 401 && status !== 403) return `HTTP ${status}`;
  const why = 'missing' in credentials ? credentials.missing : 'the credentials of --auth-file do not allow it';
  return `refused (${status}): ${why}`;
}

function tokenIn(text: string): string | undefined {
  try {
    const { token, access_token: access } = JSON.parse(text) as { token?: unknown; access_token?: unknown };
    return [token, access].find((one): one is string => typeof one === 'string' && /^[\x21-\x7e]+$/.test(one));
  } catch {
    return undefined;
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return oneLine(cause instanceof Error ? cause.message : String(cause), 200);
}
