import { describe, expect, it } from 'vitest';
import { parseLabelSelector } from './label-selector.ts';

describe('label selectors', () => {
  const labels = { app: 'web', tier: 'front', 'example.com/x': '' };
  it.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app=db', false],
    ['app!=db', true],
    ['missing!=x', true],
    ['tier in (front, back)', true],
    ['tier notin (front)', false],
    ['missing notin (x)', true],
    ['missing in (x)', false],
    ['example.com/x', true],
    ['!example.com/x', false],
    ['!missing, app in (web)', true],
    ['example.com/x=', true],
  ])('%j: %s', (selector, expected) => {
    expect(parseLabelSelector(selector)(labels)).toBe(expected);
  });

  it('quotes the requirement that it does not understand', () => {
    expect(() => parseLabelSelector('a=b,c ~ d')).toThrow('"c ~ d" is not a label requirement');
  });
});
