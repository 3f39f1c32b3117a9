import { describe, expect, it } from 'vitest';
import { createLog, humanLine } from './log.ts';
import { recordedOutput } from './testing/recorded-streams.ts';

describe('the log', () => {
  it('is JSON for machines, with the message apart from the fields', () => {
    const err = recordedOutput();
    createLog({ level: 'info', format: 'json' }, err, {}).warn(
      { host: 'h', error: new Error('away') },
      'cluster is away',
    );
    expect(JSON.parse(err.text())).toMatchObject({ level: 40, msg: 'cluster is away', host: 'h', error: 'away' });
  });

  it('is one line an entry for people', () => {
    const err = recordedOutput();
    const log = createLog({ level: 'info', format: 'lines' }, err, {});
    log.info({ count: 3, title: 'two words', list: ['a'] }, 'ready');
    log.debug({}, 'hidden');
    expect(err.text()).toMatch(/^\d\d:\d\d:\d\d info {2}ready count=3 title="two words" list="\[\\"a\\"\]"\n$/);
  });

  it('never shows what authenticates somebody', () => {
    const err = recordedOutput();
    const log = createLog({ level: 'info', format: 'json' }, err, {});
    log.info({ token: 'sesame', headers: { authorization: 'Bearer sesame' }, a: { b: { password: 'sesame' } } }, 'x');
    expect(err.text()).not.toContain('sesame');
  });

  it('lets nothing from a cluster move the cursor', () => {
    const line = humanLine({ level: 40, time: 0, msg: 'x', name: 'a\u001b[2Jb\nc' }, false);
    expect(line).toMatch(/ x name="ab c"$/);
    expect(humanLine({ level: 40, time: 0, msg: 'cannot reach \u009b2Jh\nx' }, false)).toMatch(/ cannot reach h x$/);
  });

  it('is JSON that a terminal may show, too', () => {
    const err = recordedOutput();
    const name = 'a\u009b2J\u202eb\u2028c';
    createLog({ level: 'info', format: 'json' }, err, {}).warn({ name }, 'x');
    expect(err.text()).toMatch(/^[ -~]+\n$/);
    expect(JSON.parse(err.text())).toMatchObject({ name });
  });
});
