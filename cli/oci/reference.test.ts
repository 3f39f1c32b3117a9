import { expect, it } from 'vitest';
import { formatReference, parseReference } from './reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

it.each([
  ['quay.io/org/name:1.2', 'quay.io/org/name:1.2'],
  ['quay.io/org/name', 'quay.io/org/name:latest'],
  ['Quay.IO/org/name', 'quay.io/org/name:latest'],
  ['oci::quay.io/org/name:latest', 'quay.io/org/name:latest'],
  [`oci://registry.example.com:5000/a/b-c/d_e@${DIGEST}`, `registry.example.com:5000/a/b-c/d_e@${DIGEST}`],
  [`localhost/name:tag@${DIGEST}`, `localhost/name:tag@${DIGEST}`],
])('%s is the artifact %s', (text, name) => {
  expect(formatReference(parseReference(text) as never)).toBe(name);
});

it.each([
  ...['name', 'org/name', 'https://quay.io/org/name', 'quay.io/Org/name', 'quay.io/org/../name', 'quay.io/org//name'],
  ...['quay.io/org/name:', 'quay.io/org/name@sha256:12', 'quay.io/org/name?x', 'user@quay.io/org/name', ''],
  ...['quay.io:99999/org/name', '1.2.3.4.5/org/name'],
  `quay.io/${'a'.repeat(600)}`,
])('%s is none', (text) => {
  expect(parseReference(text)).toBeUndefined();
});
