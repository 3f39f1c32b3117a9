import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeKubernetesObject, message, text } from './protobuf.ts';

/** What `kubectl auth can-i list widgets -n team-a` sends, written field by field. */
const field = (number: number, content: Buffer | string) => {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
};
const attributes = Buffer.concat([field(1, 'team-a'), field(2, 'list'), field(5, 'widgets')]);
const review = Buffer.concat([field(1, ''), field(2, field(1, attributes)), field(3, Buffer.from([0x08, 0x00]))]);
const body = Buffer.concat([
  Buffer.from('k8s\0'),
  field(1, Buffer.concat([field(1, 'authorization.k8s.io/v1'), field(2, 'SelfSubjectAccessReview')])),
  field(2, review),
  field(3, ''),
  field(4, ''),
]);

describe('a Kubernetes object in protobuf', () => {
  it('is read with its type and its nested fields', () => {
    const { apiVersion, kind, fields } = decodeKubernetesObject(body);
    expect([apiVersion, kind]).toEqual(['authorization.k8s.io/v1', 'SelfSubjectAccessReview']);
    const resource = message(message(fields, 2), 1);
    expect([text(resource, 1), text(resource, 2), text(resource, 5), text(resource, 7)]).toEqual([
      'team-a',
      'list',
      'widgets',
      '',
    ]);
  });

  it('skips numbers of any width beside what is read', () => {
    const numbers = Buffer.from([
      0x18,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0x01,
      0x21,
      ...Array(8).fill(7),
      0x2d,
      1,
      2,
      3,
      4,
    ]);
    const object = Buffer.concat([Buffer.from('k8s\0'), field(2, Buffer.concat([numbers, field(6, 'x')]))]);
    expect(text(decodeKubernetesObject(object).fields, 6)).toBe('x');
  });

  it('throws on anything else, and never hangs or reads beyond its end', () => {
    expect(() => decodeKubernetesObject(Buffer.from('{}'))).toThrow('not a Kubernetes object');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: body.length }), (noise, cut) => {
        for (const bytes of [Buffer.concat([Buffer.from('k8s\0'), noise]), body.subarray(0, cut)]) {
          try {
            decodeKubernetesObject(bytes);
          } catch (error) {
            expect((error as Error).message).toMatch(/protobuf/);
          }
        }
      }),
    );
  });
});
