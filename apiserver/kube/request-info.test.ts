import { describe, expect, it } from 'vitest';
import { booleanParameter, parseRequestInfo } from './request-info.ts';

const base = '/apis/faultline.dev/v1alpha1';

describe('parseRequestInfo', () => {
  it.each([
    ['GET', `${base}/namespaces/n/issues/x`, 'get'],
    ['HEAD', `${base}/namespaces/n/issues/x`, 'get'],
    ['GET', `${base}/issues`, 'list'],
    ['GET', `${base}/issues?watch`, 'watch'],
    ['GET', `${base}/issues?watch=1`, 'watch'],
    ['GET', `${base}/issues?watch=0`, 'list'],
    ['GET', `${base}/issues?watch=False`, 'list'],
    ['POST', `${base}/namespaces/n/issues`, 'create'],
    ['PUT', `${base}/namespaces/n/issues/x`, 'update'],
    ['PATCH', `${base}/namespaces/n/issues/x`, 'patch'],
    ['DELETE', `${base}/namespaces/n/issues/x`, 'delete'],
    ['DELETE', `${base}/namespaces/n/issues`, 'deletecollection'],
  ])('A9 %s %s is %s', (method, url, verb) => {
    expect(parseRequestInfo(method, url)).toMatchObject({ verb, isResourceRequest: true, resource: 'issues' });
  });

  it('A9 a collection with the field selector metadata.name=x is a request for x', () => {
    const info = parseRequestInfo('GET', `${base}/namespaces/n/issues?fieldSelector=metadata.name%3Dx&watch=true`);
    expect(info).toMatchObject({ verb: 'watch', name: 'x', isItem: false, namespace: 'n' });
    expect(parseRequestInfo('DELETE', `${base}/issues?fieldSelector=metadata.name%3Dx`).name).toBe('');
    expect(parseRequestInfo('GET', `${base}/issues?fieldSelector=metadata.name!%3Dx`).name).toBe('');
    expect(parseRequestInfo('GET', `${base}/issues?fieldSelector=what`).name).toBe('');
  });

  it('L1 reads namespace, resource, name and subresource, with and without a trailing slash', () => {
    const expected = {
      group: 'faultline.dev',
      version: 'v1alpha1',
      namespace: 'n',
      resource: 'issues',
      name: 'x',
      subresource: 'resolve',
      isItem: true,
    };
    expect(parseRequestInfo('POST', `${base}/namespaces/n/issues/x/resolve`)).toMatchObject(expected);
    expect(parseRequestInfo('POST', `${base}/namespaces/n/issues/x/resolve/`)).toMatchObject(expected);
    expect(parseRequestInfo('GET', `${base}/issues/`)).toMatchObject({
      namespace: '',
      resource: 'issues',
      verb: 'list',
    });
  });

  it('reads the path as the authorizer of Kubernetes does: an encoded slash separates', () => {
    expect(parseRequestInfo('GET', `${base}/namespaces/n%2Fissues/x`)).toMatchObject({ namespace: 'n', name: 'x' });
    expect(parseRequestInfo('GET', `${base}/namespaces/n/issues/x/y/z`).rest).toEqual(['z']);
  });

  it('a path that cannot be decoded is a bad request', () => {
    expect(() => parseRequestInfo('GET', '/apis/%E')).toThrow('percent-encoded');
    expect(() => parseRequestInfo('GET', '/apis/%zz')).toThrow('percent-encoded');
    expect(parseRequestInfo('GET', '/apis/%E0%25').path).toBe('/apis/\ufffd%');
  });

  it('L14 a query is read as Go reads it: what it cannot decode, and what has a semicolon, is not there', () => {
    const { query } = parseRequestInfo('GET', `${base}/issues?a=%zz&b=1;c=2&limit=5&d=%41+b`);
    expect([...query]).toEqual([
      ['limit', '5'],
      ['d', 'A b'],
    ]);
  });

  it.each(['/apis', '/apis/faultline.dev', base, '/openapi/v3', '/version', '/', '/healthz', '/api', '/api/v1'])(
    '%s is no resource request',
    (path) => {
      expect(parseRequestInfo('GET', path)).toMatchObject({ isResourceRequest: false, verb: 'get', path });
    },
  );

  it('the core group has no name in the path', () => {
    expect(parseRequestInfo('GET', '/api/v1/namespaces/n/pods/p/log')).toMatchObject({
      group: '',
      version: 'v1',
      namespace: 'n',
      resource: 'pods',
      name: 'p',
      subresource: 'log',
    });
    expect(parseRequestInfo('GET', '/api/v1/namespaces/n')).toMatchObject({ resource: 'namespaces', name: 'n' });
  });
});

describe('booleanParameter', () => {
  it('L14 absent is undefined, false and 0 are false, anything else is true', () => {
    const query = new URLSearchParams('a&b=&c=false&d=FALSE&e=0&f=no&g=true');
    expect(booleanParameter(query, 'absent')).toBeUndefined();
    expect(['c', 'd', 'e'].map((name) => booleanParameter(query, name))).toEqual([false, false, false]);
    expect(['a', 'b', 'f', 'g'].map((name) => booleanParameter(query, name))).toEqual([true, true, true, true]);
  });
});
