import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { everyAspectHash, fingerprint, issueName, objectHash, subjectHash } from './identity.ts';
import type { Subject } from './issue.ts';
import { DNS_LABEL } from './names.ts';

const component: Subject = {
  apiVersion: 'appstudio.redhat.com/v1alpha1',
  kind: 'Component',
  namespace: 'shop',
  name: 'payments',
  aspect: 'build/push/main',
};

describe('fingerprint', () => {
  const base = fingerprint('shop', 'tekton-pipelinerun', component, 'run').toString('hex');

  test('is frozen: a changed algorithm would open every issue of every installation again', () => {
    expect(base).toBe('dd680125b3c377061662b276a823e6492d93b38e651661c44299a27154bb5cb0');
  });
  test('does not contain the API version: v1beta1 → v1 is the same issue', () => {
    const upgraded = { ...component, apiVersion: 'appstudio.redhat.com/v1' };
    expect(fingerprint('shop', 'tekton-pipelinerun', upgraded, 'run').toString('hex')).toBe(base);
  });
  test.each<[string, Parameters<typeof fingerprint>]>([
    ['namespace', ['other', 'tekton-pipelinerun', component, 'run']],
    ['source', ['shop', 'kite', component, 'run']],
    ['group', ['shop', 'tekton-pipelinerun', { ...component, apiVersion: 'v1' }, 'run']],
    ['kind', ['shop', 'tekton-pipelinerun', { ...component, kind: 'Application' }, 'run']],
    ['subject namespace', ['shop', 'tekton-pipelinerun', { ...component, namespace: 'x' }, 'run']],
    ['name', ['shop', 'tekton-pipelinerun', { ...component, name: 'cart' }, 'run']],
    ['aspect', ['shop', 'tekton-pipelinerun', { ...component, aspect: 'build/pr/18' }, 'run']],
    ['key', ['shop', 'tekton-pipelinerun', component, 'other']],
  ])('differs by %s', (_what, args) => expect(fingerprint(...args).toString('hex')).not.toBe(base));

  test('is the same for both spellings of an accented name (NFC)', () => {
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'].map((name) => subjectHash({ ...component, name }));
    expect(composed).toBe(decomposed);
  });
});

test('every aspect of a subject is another identity than the subject without an aspect', () => {
  const { aspect: _aspect, ...plain } = component;
  expect(everyAspectHash(component)).toBe(everyAspectHash(plain));
  expect(everyAspectHash(plain)).not.toBe(subjectHash(plain));
});

test('no separator can be forged: the parts of an object hash do not run into each other', () => {
  expect(objectHash('v1', 'Pod', 'a', 'b/c')).not.toBe(objectHash('v1', 'Pod', 'a/b', 'c'));
  expect(objectHash('tekton.dev/v1', 'PipelineRun', 'n', 'x')).toBe(
    objectHash('tekton.dev/v1beta1', 'PipelineRun', 'n', 'x'),
  );
});

describe('issueName', () => {
  test('is a slug of kind and name and 8 characters of the fingerprint', () => {
    expect(issueName(component, Buffer.alloc(32, 0))).toBe('component-payments-aaaaaaaa');
    expect(issueName(component, Buffer.alloc(32, 0xff), 12)).toBe('component-payments-777777777777');
  });
  test('L5 is an RFC 1123 label whatever the subject is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (name, bytes) => {
        for (const length of [8, 12] as const) {
          expect(issueName({ ...component, name }, Buffer.from(bytes), length)).toMatch(DNS_LABEL);
        }
      }),
    );
  });
});
