import { expect, test } from 'vitest';
import { type KiteFlags, kiteChoice, kiteFaults } from './flags.ts';

const LISTEN = '127.0.0.1:8080';

test.each<[string, KiteFlags, string | undefined]>([
  ['nothing', {}, undefined],
  ['an address and who asks there', { kiteListen: LISTEN, kiteIdentity: 'kite, ui' }, undefined],
  ['an address for nobody', { kiteListen: LISTEN }, '--kite-listen needs --kite-identity'],
  ['an address for nobody, spelled out', { kiteListen: LISTEN, kiteIdentity: ' , ' }, 'needs --kite-identity'],
  ['somebody without an address', { kiteIdentity: 'kite' }, 'need --kite-listen'],
  ['names without an address', { kiteHost: 'kite.kite.svc' }, 'need --kite-listen'],
  ['no address', { kiteListen: 'here', kiteIdentity: 'kite' }, '--kite-listen: '],
  ['everybody as an administrator', { kiteListen: LISTEN, kiteIdentity: 'x,system:masters' }, 'few rights'],
])('the listener for Kite of %s', (_of, flags, fault) => {
  const faults = kiteFaults(kiteChoice(flags));
  expect(faults.length).toBe(fault === undefined ? 0 : 1);
  expect(faults[0] ?? '').toContain(fault ?? '');
});
