import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLog } from '../../cli/log.ts';
import { recordedOutput } from '../../cli/testing/recorded-streams.ts';

/** What authenticates somebody is in no line of a log, whoever logs it and however it is spelled. */
const SECRET = 'sesame-open-7f3a';

const names = fc.constantFrom(
  ...[
    'authorization',
    'Authorization',
    'token',
    'password',
    'key',
    'privateKey',
    'databaseUrl',
    'cookie',
    'secret',
    'clientKey',
  ],
);

function logged(fields: object, format: 'json' | 'lines' = 'json'): string {
  const err = recordedOutput();
  createLog({ level: 'debug', format }, err, {}).info(fields, 'x');
  return err.text();
}

test('a field that is called like a secret is redacted, at the top and two levels below', () => {
  fc.assert(
    fc.property(names, fc.constantFrom('json', 'lines'), fc.nat(2), (name, format, depth) => {
      let fields: object = { [name]: SECRET };
      for (let level = 0; level < depth; level++) fields = { headers: fields };
      expect(logged(fields, format)).not.toContain(SECRET);
    }),
  );
});

test.each([
  ['the URL of a database', `connect postgres://faultline:${SECRET}@db/faultline failed`],
  ['a bearer token', `GET / with Authorization: Bearer ${SECRET} was refused`],
  ['a header', `x-token=${SECRET}; refused`],
])('%s in a message of an error is masked', (_, text) => {
  const error = new Error(text, { cause: new Error(text) });
  for (const format of ['json', 'lines'] as const) {
    expect(logged({ error }, format)).not.toContain(SECRET);
    expect(logged({ err: error }, format)).not.toContain(SECRET);
    expect(logged({ cause: text, fault: text }, format)).not.toContain(SECRET);
  }
});
