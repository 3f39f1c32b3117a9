import { once } from 'node:events';
import { type ConnectionOptions, connect } from 'node:tls';

export interface RawAnswer {
  readonly status: number;
  /** The first bytes after the headers, as far as they had arrived. */
  readonly body: string;
}

/** One request whose header lines are sent exactly as they are given, on a connection of its own. */
export async function rawRequest(
  url: string,
  lines: readonly string[],
  connection: Pick<ConnectionOptions, 'ca' | 'cert' | 'key'>,
): Promise<RawAnswer> {
  const { hostname, port, pathname, search } = new URL(url);
  const socket = connect({ ...connection, host: hostname, port: Number(port) });
  try {
    await once(socket, 'secureConnect');
    const request = [`GET ${pathname}${search} HTTP/1.1`, `Host: ${hostname}:${port}`, ...lines, '', ''].join('\r\n');
    socket.write(Buffer.from(request, 'utf8'));
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) {
      text += chunk;
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (text.includes('\r\n\r\n') && Buffer.byteLength(body) >= length) break;
    }
    const [head = '', body = ''] = text.split('\r\n\r\n');
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), body };
  } finally {
    socket.destroy();
  }
}
