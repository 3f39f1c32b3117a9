import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a registry of this machine does, besides what is asked of it. */
export interface RegistryManners {
  /** `user:password` that a token is given for; without it one is given to anybody. Default: it wants no token at all. */
  readonly login?: string | 'anybody';
  /** Blobs are elsewhere: an address, to which the path is added. */
  readonly blobsAt?: () => string;
  /** It refuses everything but tokens with this challenge. */
  readonly challenge?: () => string;
  /** Who issues its tokens: an address. Default: itself. */
  readonly tokensAt?: () => string;
  /** What is sent instead of the blob. */
  readonly tampered?: string;
  /** How its layers are compressed. Default: not at all. */
  readonly compress?: (text: string) => Buffer;
  /** Its name leads to an index with manifests for these platforms (`linux/amd64`), of which the first is the one. */
  readonly platforms?: readonly string[];
  /** Writes the challenge that asks for a token; default: as most registries do. */
  readonly writeChallenge?: (parameters: { realm: string; service: string; scope: string }) => string | string[];
}

/** An artifact with files as layers, in a registry over real HTTP. `asked` has every path with what was shown of credentials. */
export class FakeRegistry implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly host: string;
  /** Of what its name leads to. */
  readonly digest: string;
  readonly #manifests = new Map<string, string>();
  readonly #blobs = new Map<string, Buffer>();
  readonly #manners: RegistryManners;
  readonly #close: () => Promise<void>;

  private constructor(
    files: Readonly<Record<string, string>>,
    manners: RegistryManners,
    { host, close }: { host: string; close: () => Promise<void> },
  ) {
    const { compress = Buffer.from, platforms } = manners;
    const layers = Object.entries(files).map(([title, text]) => {
      const blob = compress(text);
      this.#blobs.set(digestOf(blob), blob);
      const annotations = { 'org.opencontainers.image.title': title };
      return {
        mediaType: 'application/vnd.cncf.openpolicyagent.data.layer.v1+json',
        digest: digestOf(blob),
        annotations,
      };
    });
    const manifest = this.#add({ schemaVersion: 2, layers });
    const manifests = platforms?.map((each, index) => {
      const [os, architecture] = each.split('/');
      return { digest: index === 0 ? manifest : digestOf(each), platform: { os, architecture } };
    });
    this.digest = manifests ? this.#add({ schemaVersion: 2, manifests }) : manifest;
    this.#manners = manners;
    this.host = host;
    this.#close = close;
  }

  static async start(files: Readonly<Record<string, string>>, manners: RegistryManners = {}): Promise<FakeRegistry> {
    const server = createServer((request, response) => registry.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = (): Promise<void> => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    };
    const registry = new FakeRegistry(files, manners, {
      host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      close,
    });
    return registry;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  #add(manifest: object): string {
    const text = JSON.stringify(manifest);
    this.#manifests.set(digestOf(text), text);
    return digestOf(text);
  }

  #answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, 'http://registry');
    const { authorization = 'nobody' } = headers;
    this.asked.push(`${pathname} ${authorization}`);
    const { login, challenge, tokensAt = () => `http://${this.host}`, blobsAt, tampered } = this.#manners;
    if (pathname === '/token') {
      const known = login === 'anybody' || authorization === `Basic ${Buffer.from(login ?? '').toString('base64')}`;
      const scope = searchParams.get('scope');
      response.writeHead(known ? 200 : 401).end(JSON.stringify({ token: `for-${scope}` }));
      return;
    }
    const [, name = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    const elsewhere = !pathname.startsWith('/v2/');
    if (challenge !== undefined) response.writeHead(401, { 'www-authenticate': challenge() }).end();
    else if (login !== undefined && !elsewhere && authorization !== `Bearer for-repository:${name}:pull`) {
      const {
        writeChallenge = ({ realm, service, scope }) => `Bearer realm="${realm}",service="${service}",scope="${scope}"`,
      } = this.#manners;
      const own = writeChallenge({ realm: `${tokensAt()}/token`, service: 'fake', scope: `repository:${name}:pull` });
      response.writeHead(401, { 'www-authenticate': own }).end();
    } else if (kind === 'manifests' && this.#manifests.has(reference === 'latest' ? this.digest : reference))
      response.end(this.#manifests.get(reference === 'latest' ? this.digest : reference));
    else if (kind === 'blobs' && blobsAt !== undefined) {
      response.writeHead(307, { location: `${blobsAt()}/blobs/${reference}` }).end();
    } else {
      const blob = this.#blobs.get(pathname.slice(pathname.lastIndexOf('/') + 1));
      response.writeHead(blob === undefined ? 404 : 200).end(tampered ?? blob);
    }
  }
}

function digestOf(bytes: string | Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
