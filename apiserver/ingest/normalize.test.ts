import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Report, reportSchema } from '../../crds/report.ts';
import { normalize } from './normalize.ts';
import { finding, normal, report, SUBJECT } from './testing/world.ts';

const STATE = { class: 'state', epoch: 1, sequence: 1 } as const;
const one = (overrides: Parameters<typeof finding>[1]) => {
  const { body } = normal(report(STATE, { complete: true, findings: [finding('run', overrides)] }));
  return body.kind === 'complete' ? body.findings[0] : undefined;
};

describe('text at the door', () => {
  test('titles are one line of at most 200 characters without escape sequences', () => {
    const title = one({ title: `\u001b[31mred\u001b[0m\nline ${'x'.repeat(500)}` })?.spec.title ?? '';
    expect(title).toMatch(/^red line x+…$/);
    expect(title).toHaveLength(200);
  });

  test('descriptions are at most 8 KiB, and empty ones are left out', () => {
    expect(Buffer.byteLength(one({ description: 'ä'.repeat(10_000) })?.spec.description ?? '')).toBeLessThanOrEqual(
      8_192,
    );
    expect(one({ description: ' \u0007 ' })?.spec).not.toHaveProperty('description');
  });

  describe('credentials', () => {
    // Put together here, so that no scanner of secrets takes this file for a leak.
    const token = `ghp_${'a1B2'.repeat(9)}`;

    test('are masked in all that a person reads of an issue, and nowhere stored', () => {
      const stored = one({
        title: `push of ${token} refused`,
        description: `last lines:\npassword=hunter2 host=db\n${token}`,
        remediation: { text: `curl -u x:${token} https://bob:pw@git.example/` },
      });
      expect(stored?.spec).toMatchObject({
        title: 'push of *** refused',
        description: 'last lines:\npassword=*** host=db\n***',
        remediation: { text: 'curl -u x:*** https://***@git.example/' },
      });
      expect(JSON.stringify(stored)).not.toMatch(/ghp_|hunter2|bob/);
    });

    test('are masked before the text is cut, and behind characters that do not show', () => {
      expect(one({ title: `${'x'.repeat(180)} ${token}` })?.spec.title).toBe(`${'x'.repeat(180)} ***`);
      expect(one({ title: `g\u202ehp_\u001b[31m${token.slice(4)}` })?.spec.title).not.toContain(token.slice(4));
      expect(one({ description: `${'x'.repeat(8_180)} ${token}` })?.spec.description).toMatch(/x \*\*\*$/);
    });

    test('make no other finding of one when they rotate: the hash is of the masked text', () => {
      const of = (secret: string) => one({ description: `password=${secret}` })?.contentHash;
      expect(of('a')).toBe(of('b'));
    });
  });

  describe('about a subject in another namespace', () => {
    const rest = { links: [{ rel: 'log' as const, title: 'Log', url: 'https://x/' }], remediation: { text: 'ask' } };
    const secret = finding('run', {
      title: 'words',
      description: 'log',
      labels: { a: 'b' },
      group: 'CVE-1',
      ...rest,
    });
    const about = (namespace: string | undefined, more: Partial<Report> = {}) => {
      const { namespace: _, ...subject } = SUBJECT;
      const place = { subject: { ...subject, ...(namespace && { namespace }) }, ...more };
      const { body } = normal(report(STATE, { complete: true, findings: [secret] }, place));
      return body.kind === 'complete' ? body.findings[0] : undefined;
    };

    test('free text is dropped: the title is the reason, and identity, severity, group and labels stay', () => {
      const { spec, labels } = about('elsewhere') ?? {};
      expect(spec).toEqual({
        source: spec?.source,
        subject: expect.objectContaining({ namespace: 'elsewhere' }),
        ...{ key: 'run', type: secret.type, severity: secret.severity, reason: secret.reason },
        ...{ title: secret.reason, group: 'CVE-1' },
      });
      expect(labels).toEqual({ a: 'b' });
    });

    test('it is kept when the reporter declares it, and about a subject here or in no namespace', () => {
      const kept = { title: 'words', description: 'log', ...rest };
      expect(about('elsewhere', { crossNamespaceText: true })?.spec).toMatchObject(kept);
      expect(about(undefined)?.spec).toMatchObject(kept);
      expect(about(SUBJECT.namespace)?.spec).toMatchObject(kept);
      expect(about('elsewhere', { crossNamespaceText: false })?.spec).not.toHaveProperty('description');
    });
  });

  test('the first 20 links are kept', () => {
    const links = Array.from({ length: 30 }, (_, n) => ({ rel: 'log' as const, title: `${n}`, url: `https://x/${n}` }));
    expect(one({ links })?.spec.links).toHaveLength(20);
  });

  test('labels whose values are no label values are left out, the others are sorted', () => {
    const labels = { b: 'ok', a: 'fine', long: 'x'.repeat(64), text: 'two words', empty: '' };
    expect(JSON.stringify(one({ labels })?.labels)).toBe('{"a":"fine","b":"ok"}');
  });

  test('NUL and lone surrogates are replaced wherever they are', () => {
    const bad = 'a\u0000b\ud800c';
    const json = JSON.stringify(
      normal(
        report(
          { class: 'received', deliveryId: bad },
          { complete: true, findings: [finding(bad, { title: bad, description: bad, group: bad, type: bad })] },
        ),
      ),
    );
    expect(json).not.toMatch(/\\u0000|\\ud800/);
  });

  test('whatever the schema accepts can be stored as JSON in PostgreSQL', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(text, text, text, text, (key, title, description, aspect) => {
        const raw = report(
          STATE,
          { complete: true, findings: [finding(key, { title, description })] },
          { subject: { apiVersion: 'v1', kind: 'Pod', name: 'x', aspect } },
        );
        if (reportSchema.validate(raw, { convert: false }).error) return;
        expect(JSON.stringify(normal(raw))).not.toMatch(/\\u0000|\\ud[89a-f]/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('identities at the door', () => {
  test('hold nothing that a terminal would execute or reorder: they are shown as they are', () => {
    const csi = '\u009b31m\u202e';
    const { report: clean } = normalize({
      ...report({ class: 'state', epoch: 1, sequence: 1 }, { complete: true, findings: [finding(`\u001b[2J${csi}`)] }),
      subject: { ...SUBJECT, aspect: `build${csi}` },
      observed: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: `u${csi}` },
    });
    expect(JSON.stringify(clean)).not.toMatch(/[\u007f-\u009f\u202e]|\\u001b/);
    expect(clean?.ref.subject.aspect).toBe('build\ufffd31m\ufffd');
  });

  test('are NFC: both spellings of an accented key are one key', () => {
    expect(one({})?.key).toBe('run');
    const body = { complete: true as const, findings: [finding('e\u0301'), finding('\u00e9')] };
    expect(normalize(report(STATE, body)).faults).toEqual([
      { path: 'body.findings[1].key', message: expect.stringContaining('a second time'), value: '\u00e9' },
    ]);
  });

  test('two keys that are one after cleaning are a fault, also between findings and resolve', () => {
    const body = { complete: false as const, findings: [finding('a')], resolve: ['a', 'b\u0000', 'b\ufffd'] };
    expect(normalize(report(STATE, body)).faults?.map(({ path }) => path)).toEqual([
      'body.resolve[0]',
      'body.resolve[2]',
    ]);
  });

  test('an empty aspect is no aspect: the deletion of such a subject is one of every aspect', () => {
    const subject = { apiVersion: 'v1', kind: 'Pod', name: 'x', aspect: '' };
    const deleted = (over: Partial<Report>): unknown => normal(report(STATE, { deleted: 'subject' }, over)).body;
    expect(deleted({ subject })).toEqual({ kind: 'deleted', what: 'everyAspect' });
    expect(deleted({ subject: { ...subject, aspect: 'a' } })).toEqual({ kind: 'deleted', what: 'subject' });
  });
});

describe('the content hash', () => {
  test('does not depend on the order of members or labels', () => {
    const labels = { a: '1', b: '2' };
    const turned = { b: '2', a: '1' };
    expect(one({ labels, group: 'g' })?.contentHash).toBe(one({ group: 'g', labels: turned })?.contentHash);
  });

  test.each([
    ['severity', { severity: 'minor' as const }],
    ['description', { description: 'why' }],
    ['labels', { labels: { a: 'b' } }],
    ['links', { links: [{ rel: 'log' as const, title: 't', url: 'https://x/' }] }],
    ['remediation', { remediation: { text: 'turn it off and on' } }],
  ])('changes with %s', (_what, overrides) => {
    expect(one(overrides)?.contentHash).not.toBe(one({})?.contentHash);
  });

  test('changes with the observed object and with the expiry', () => {
    const body = { complete: true as const, findings: [finding('run')] };
    const hash = (over: Partial<Report>): unknown => normal(report(STATE, body, over)).body;
    const observed = { apiVersion: 'v1', kind: 'Pod', name: 'x', uid: '1' };
    const hashes = [{}, { observed }, { observed: { ...observed, uid: '2' } }, { expiresAt: '2027-01-01T00:00:00Z' }];
    expect(new Set(hashes.map((over) => JSON.stringify(hash(over)))).size).toBe(4);
  });
});

test('a group of white space is no group', () => {
  const groups = [' CVE-1\n', ' \n '].map((group) => one({ group })?.spec.group);
  expect(groups).toEqual(['CVE-1', undefined]);
});
