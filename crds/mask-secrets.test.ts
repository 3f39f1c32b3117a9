import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { maskSecrets } from './mask-secrets.ts';

// Put together here, so that no scanner of secrets takes this file for a leak.
const JWT = ['eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ', 'eyJzdWIiOiJzeXN0ZW0ifQ', 'c2lnbmF0dXJl_aaa-bbb'].join('.');
const BASE64 = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
const pem = (kind: string, body = `${BASE64}\n${BASE64}\nAbC=`) =>
  `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----`;
const github = `ghp_${'a1B2'.repeat(9)}`;
const quay = 'A1B2'.repeat(16);

describe('what looks like a credential is masked', () => {
  test.each<[string, string, string]>([
    ['a bearer header', 'Authorization: Bearer abc.def', 'Authorization: ***'],
    ['a basic header in JSON', '{"authorization": "Basic dXNlcjpwYXNz"}', '{"authorization": ***'],
    ['a bearer token in a sentence', `curl -H 'bearer ${'x'.repeat(20)}'`, "curl -H 'bearer ***'"],
    ['a cookie', 'Set-Cookie: session=1; theme=dark\nnext', 'Set-Cookie: ***\nnext'],
    ['password=value', 'mysql: password=hunter2 host=db', 'mysql: password=*** host=db'],
    ['an environment variable', 'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7', 'AWS_SECRET_ACCESS_KEY=***'],
    ['a JSON value with a quote in it', '{"token": "a\\"b c", "x": 1}', '{"token": ***, "x": 1}'],
    ['escaped JSON', '{\\"password\\": \\"pw1\\"}', '{\\"password\\": ***'],
    ['YAML', 'clientSecret: s3cr3t', 'clientSecret: ***'],
    ['quoted with spaces', "db_password='correct horse' next", 'db_password=*** next'],
    ['an API key', 'X-API-Key: 123', 'X-API-Key: ***'],
    ['a query parameter', 'GET /x?access_token=abc', 'GET /x?access_token=***'],
    ['an option', 'oc login --token abc --server=x', 'oc login --token *** --server=x'],
    ['an option with =', 'skopeo --src-password=abc x', 'skopeo --src-password=*** x'],
    ['a URL with a user and a password', 'clone https://bob:pw@git.example/x', 'clone https://***@git.example/x'],
    ['a URL with a token', 'https://x-oauth-basic@h/', 'https://***@h/'],
    ['a URL whose password has an @', 'amqp://u:p@ss@h:5672', 'amqp://***@h:5672'],
    ['a private key', `a\n${pem('RSA PRIVATE KEY')}\nb`, 'a\n***\nb'],
    ['an encrypted key', pem('RSA PRIVATE KEY', `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\n${BASE64}`), '***'],
    ['a key in one line', `key="${pem('EC PRIVATE KEY').replaceAll('\n', '\\n')}"`, 'key="***"'],
    [
      'a key behind prefixes',
      `t1 | -----BEGIN PRIVATE KEY-----\nt2 | ${BASE64}\nt3 | -----END PRIVATE KEY-----`,
      't1 | ***',
    ],
    ['a key without its end', `x: 1\n-----BEGIN PRIVATE KEY-----\n${BASE64}\n${BASE64}`, 'x: 1\n***\n'],
    ['a key without its begin', `${BASE64}\nAbC=\n-----END PRIVATE KEY-----\nok`, '\n***\nok'],
    ['a line of a key alone', `2026-11-21T07:00:00Z ${BASE64}`, '2026-11-21T07:00:00Z ***'],
    ['a JSON web token', `token ${JWT} expired`, 'token *** expired'],
    ['an AWS key id', `id ${'AKIA'}IOSFODNN7EXAMPLE,`, 'id ***,'],
    ['a token of GitHub', `using ${github}.`, 'using ***.'],
    ['a fine-grained token of GitHub', `x github_pat_${'1aB_'.repeat(10)}`, 'x ***'],
    ['a token of GitLab', `x glpat-${'aB3_-'.repeat(4)} y`, 'x *** y'],
    ['a token of OpenShift', `x sha256~${'aB3_-'.repeat(9)} y`, 'x *** y'],
    ['a robot of quay', `org+robot:${quay}`, 'org+robot:***'],
    [
      'a dockerconfig',
      '{"auths":{"quay.io":{"auth":"dTpw","email":""}}}',
      '{"auths":{"quay.io":{"auth":***,"email":""}}}',
    ],
    ['a pull secret', '.dockerconfigjson: eyJhdXRocyI6e319', '.dockerconfigjson: ***'],
    ['a token of Slack', `xoxb-${'1'.repeat(12)}`, '***'],
  ])('%s', (_what, text, masked) => expect(maskSecrets(text)).toBe(masked));

  test.each([
    'npm ERR! 404 Not Found',
    'step-build exited with code 2',
    'image@sha256:3f5a0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f901234567',
    '3f5a0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f901234567',
    'commit 0123456789abcdef0123456789abcdef01234567',
    'basic authentication failed for https://git.example/x',
    'author: ann@example.com',
    '==== 12 passed, 1 failed ====',
    'secrets "regcred" not found',
  ])('and what does not stays: %s', (text) => expect(maskSecrets(text)).toBe(text));
});

const fragment = fc.oneof(
  fc.constantFrom(
    ...['password', 'token=', ': ', '=', '"', "'", '\\', '@', '://', 'Bearer ', 'Basic ', 'Authorization:', '--token '],
    ...[
      '-----BEGIN PRIVATE KEY-----',
      '-----END PRIVATE KEY-----',
      '-----',
      '\n',
      ' ',
      BASE64,
      JWT,
      github,
      quay,
      '***',
    ],
    ...['"auth":', 'eyJ', '.', 'AKIA', 'glpat-', 'sha256~', 'cookie', 'user:pw@host', '[', '}'],
  ),
  fc.string({ maxLength: 12 }),
);
const texts = fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join(''));

describe('for any text', () => {
  test('masking twice is masking once', () => {
    fc.assert(
      fc.property(texts, (text) => maskSecrets(maskSecrets(text)) === maskSecrets(text)),
      { numRuns: 2_000 },
    );
  });

  test('a credential does not get through, whatever surrounds it', () => {
    fc.assert(
      fc.property(
        texts,
        texts,
        fc.constantFrom(`gho_${'c3D4'.repeat(9)}`, JWT.replace('eyJz', 'eyJx')),
        (before, after, secret) => {
          expect(maskSecrets(`${before} ${secret} ${after}`)).not.toContain(secret);
        },
      ),
    );
  });

  test('what most texts are is not looked at by the rules, which are most of the work', () => {
    const replace = vi.spyOn(String.prototype, 'replace');
    maskSecrets('Container web of Pod shop/web-1 restarts: exit code 137, image quay.io/shop/web@sha256:12ab');
    expect(replace).not.toHaveBeenCalled();
    replace.mockRestore();
  });

  // A rule that is quadratic takes hours for these; the test's own time-out is the judge.
  test.each([
    'a', 'password', 'password=', 'password="', "token='", '\\"', '"', 'eyJ', 'eyJa.', 'eyJaaaaaaaaa.', '://', '://a@', '@', ' ',
    '\n', '-', '-----BEGIN A-----', '-----END A-----', '-----BEGIN ', 'A', '--a-', '--token ', 'Bearer ', 'Cookie:', 'auth"', '"auth":"',
    '/', '=', 'AKIA', 'glpat-', 'gh', 'a.b-', '\\\n', 'A \\',
  ])('a megabyte of %j is masked in passing', (part) => {
    const text = part.repeat(1_000_000 / part.length);
    expect(maskSecrets(text).length).toBeLessThanOrEqual(text.length * 2);
  }); // biome-ignore format: a table
});
