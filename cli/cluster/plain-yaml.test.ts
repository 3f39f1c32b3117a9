import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { plainYaml } from './plain-yaml.ts';

/** As kubectl writes it. */
const KUBECTL = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==
    insecure-skip-tls-verify: false
    server: https://127.0.0.1:6443
  name: kind-kind
contexts:
- context:
    cluster: kind-kind
    namespace: shop
    user: kind-kind
  name: default/api-crc-testing:6443/kubeadmin
current-context: kind-kind
kind: Config
preferences: {}
users:
- name: kind-kind
  user:
    client-key: /home/somebody/key.pem
    token: sha256~AbC_d-E
`;

function library(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' });
  } catch {
    return undefined;
  }
}

describe('the YAML of kubeconfigs', () => {
  it('is read as kubectl and faultline up write it', () => {
    expect(plainYaml(KUBECTL)).toEqual(parse(KUBECTL));
    const indented = stringify(parse(KUBECTL));
    expect(plainYaml(indented)).toEqual(parse(KUBECTL));
  });

  it.each([
    ['a number', 'a: 1\n'],
    ['another true', 'insecure-skip-tls-verify: True\n'],
    ['nothing', 'a:\nb: c\n'],
    ['quotes', 'a: "b"\n'],
    ['a map in one line', 'preferences: {a: b}\n'],
    ['an inherited name', 'a: constructor\nb: 1\n'],
    ['a comment', 'a: b # c\n'],
    ['a text of several lines', 'a: |\n  b\n'],
    ['an anchor', 'a: &x b\n'],
    ['a key twice', 'a: b\na: c\n'],
    ['a document', '---\na: b\n'],
    ['a tab', '\ta: b\n'],
    ['a wrong indent', 'a:\n    b: c\n  d: e\n'],
    ['Windows', 'a: b\r\n'],
    ['empty', ''],
  ])('what is more than that is for the library: %s', (_, text) => {
    expect(plainYaml(text)).toBeUndefined();
  });

  it('never reads what the library reads as something else', () => {
    const edit = fc.record({
      at: fc.nat(KUBECTL.length),
      remove: fc.nat(3),
      insert: fc.oneof(
        fc.constantFrom('', ' ', '  ', '\n', '- ', ':', ': ', '#', '"', "'", '\t', '{}', '- - '),
        fc.string({ maxLength: 3 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 4 }), (edits) => {
        let text = KUBECTL;
        for (const { at, remove, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + remove);
        const read = plainYaml(text);
        if (read !== undefined) expect(read).toEqual(library(text));
      }),
      { numRuns: 2_000 },
    );
  });
});
