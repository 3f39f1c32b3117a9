import { createServer } from 'node:net';
import { expect, it, vi } from 'vitest';
import { listen, parseListenAddress } from './listener.ts';

it.each([
  ['127.0.0.1:7443', { host: '127.0.0.1', port: 7443 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  ['[::1]:7443', { host: '::1', port: 7443 }],
  [':7443', { host: '::', port: 7443 }],
  ['7443', { host: '127.0.0.1', port: 7443 }],
])('reads %s', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});

it.each(['', 'localhost', '127.0.0.1:', '127.0.0.1:70000', '::1:7443', 'https://127.0.0.1:7443', '127.0.0.1:-1'])(
  'refuses %j and says what it should look like',
  (text) => {
    expect(() => parseListenAddress(text)).toThrow(
      `listen address ${JSON.stringify(text)} is not <host>:<port>, such as 127.0.0.1:7443 or [::1]:7443`,
    );
  },
);

it('leaves it to Node what every address is: a kernel without IPv6 refuses the one of IPv6', async () => {
  const server = createServer();
  const asked = vi.spyOn(server, 'listen');
  expect(await listen(server, parseListenAddress(':0'))).toMatch(/^https:\/\/localhost:\d+$/);
  expect(asked.mock.calls[0]?.[0]).toEqual({ port: 0 });
  server.close();
});
