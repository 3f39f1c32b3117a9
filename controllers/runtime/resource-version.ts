/**
 * resourceVersions are opaque by contract, but those of every kube-apiserver are the revisions of its store: decimal
 * numbers that grow. Where they are (KEP-5504 makes it a promise) more can be checked than otherwise.
 */
const DECIMAL = /^[1-9]\d*$/;

/** Whether `a` is certainly of an earlier moment than `b`: false when either is no number, such as '' for none. */
export function isOlder(a: string, b: string): boolean {
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}
