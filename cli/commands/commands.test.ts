import { describe, expect, it } from 'vitest';
import { startCommand } from '../testing/running-command.ts';

async function usage(...argv: string[]): Promise<string[]> {
  const command = startCommand(argv);
  expect(await command.exitCode).toBe(2);
  return command.err.text().trimEnd().split('\n');
}

describe('a command line that cannot be right', () => {
  it('is told everything that is wrong, for server', async () => {
    expect(await usage('server', '--listen', 'here', '--shutdown-delay', 'soon')).toEqual([
      'error: --listen: listen address "here" is not <host>:<port>, such as 127.0.0.1:7443 or [::1]:7443',
      'error: --tls-cert-file is missing: name the serving certificate',
      'error: --tls-key-file is missing: name the key of the serving certificate',
      expect.stringMatching(/^error: --shutdown-delay: "soon" is not a duration/),
      'See faultline server --help',
    ]);
  });

  it('is told everything that is wrong, for controllers', async () => {
    expect(await usage('controllers', '--server', 'http://x', '--client-key-file', 'key')).toEqual([
      'error: --server must be the https:// URL of a faultline server, without a path',
      'error: --client-cert-file and --client-key-file belong together',
      'error: say who the controllers are: --token-file, or --client-cert-file with --client-key-file',
      'See faultline controllers --help',
    ]);
  });

  it('is told what is wrong with an election', async () => {
    const flags = ['--server=https://x', '--token-file=t'];
    expect(await usage('controllers', ...flags, '--leader-elect-lease-duration=soon')).toEqual([
      expect.stringMatching(/^error: --leader-elect-lease-duration: "soon" is not a duration/),
      'See faultline controllers --help',
    ]);
    expect((await usage('controllers', ...flags, '--leader-elect=maybe'))[0]).toContain(
      'Allowed choices are true, false',
    );
  });

  it.each([':8081', '0.0.0.0:8081', '10.0.0.7:8081', '[::]:8081', '127.example.com:8081'])(
    'is told that tokens would go over a network, for controllers with --debug-listen=%s',
    async (listen) => {
      expect(await usage('controllers', '--server=https://x', '--token-file=t', `--debug-listen=${listen}`)).toEqual([
        expect.stringMatching(/^error: --debug-listen: .* use 127\.0\.0\.1$/),
        'See faultline controllers --help',
      ]);
    },
  );

  it('is told everything that is wrong, for up and replay', async () => {
    expect(await usage('up', '--listen', '1:2:3')).toContainEqual(expect.stringMatching(/^error: --listen: /));
    expect(await usage('up', '--log-level', 'loud')).toContainEqual(expect.stringContaining('Allowed choices are'));
    expect(await usage('replay', '-n', 'Shop', 'x')).toContain('error: "Shop" is no namespace name');
  });
});
