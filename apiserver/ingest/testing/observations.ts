import fc from 'fast-check';
import { compareOrder, type OrderKey } from '../../../crds/order.ts';
import type { Finding, ReportBody, ReportOrder } from '../../../crds/report.ts';
import type { NormalizedReport } from '../normalized.ts';
import type { Context } from '../table.ts';
import { at, DAY, finding, NOON, normal, report, SECOND, SUBJECT } from './world.ts';

/** Arbitrary observations of one object, and an oracle that knows nothing of the table: the newest look decides. */

export const ASPECTS = ['', 'build/push/main', 'build/pr/18'];
export const KEYS = ['run', 'CVE-1', 'CVE-2'];

// Few values each, so that ties in one second, later looks at one run and lost epochs happen all the time.
const completedAt = fc.constantFrom(
  NOON - 120 * DAY,
  NOON - 100 * DAY,
  NOON - 2 * DAY,
  NOON - DAY,
  NOON - DAY,
  NOON - SECOND,
  NOON + 30 * SECOND,
);
const small = fc.integer({ min: 0, max: 2 });
const run: fc.Arbitrary<ReportOrder> = fc
  .record(
    {
      completedAt: completedAt.map(at),
      createdAt: fc.constantFrom(NOON - 3 * DAY, NOON - 2 * DAY).map(at),
      uid: fc.constantFrom('a', 'b'),
      detail: small,
      epoch: small,
      sequence: small,
    },
    { requiredKeys: ['uid', 'detail', 'epoch', 'sequence'] },
  )
  .map((order) => ({ class: 'run', ...order }) as ReportOrder);
const state: fc.Arbitrary<ReportOrder> = fc
  .record({ epoch: small, sequence: fc.integer({ min: 0, max: 5 }) })
  .map((order) => ({ class: 'state', ...order }));

const someFinding = (key: string): fc.Arbitrary<Finding> =>
  fc
    .record({ severity: fc.constantFrom('major', 'minor'), title: fc.constantFrom('red', 'still red') })
    .map((content) => finding(key, content as Partial<Finding>));
const findings = fc
  .subarray(KEYS)
  .chain((keys) => fc.tuple(...keys.map(someFinding)))
  .map((found) => found as Finding[]);
const body: fc.Arbitrary<ReportBody> = fc.oneof(
  { weight: 4, arbitrary: findings.map((found) => ({ complete: true, findings: found }) as ReportBody) },
  {
    weight: 3,
    arbitrary: fc.tuple(findings, fc.subarray(KEYS)).map(([found, resolve]) => incremental(found, resolve)),
  },
  { weight: 1, arbitrary: fc.constant<ReportBody>({ deleted: 'object' }) },
  { weight: 2, arbitrary: fc.constant<ReportBody>({ deleted: 'subject' }) },
);

function incremental(found: Finding[], resolve: string[]): ReportBody {
  const named = new Set(found.map(({ key }) => key));
  return { complete: false, findings: found, resolve: resolve.filter((key) => !named.has(key)) };
}

const observed = fc.option(
  fc.constantFrom('r1', 'r2').map((name) => ({ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name, uid: name })),
  { nil: undefined },
);
const expiresAt = fc.option(fc.constantFrom(NOON - DAY, NOON + DAY).map(at), { nil: undefined, freq: 4 });

/** Observations as they may be sent about one object; the same order key always means the same look. */
export function observations(order: 'run' | 'state' | 'mixed'): fc.Arbitrary<NormalizedReport[]> {
  const orders = { run, state, mixed: fc.oneof(run, state) };
  const one = fc
    .record({ order: orders[order], body, aspect: fc.constantFrom(...ASPECTS), observed, expiresAt })
    .map(({ order, body, aspect, observed, expiresAt }) =>
      normal(
        report(order, body, {
          subject: aspect ? { ...SUBJECT, aspect } : SUBJECT,
          ...(observed ? { observed } : {}),
          ...(expiresAt ? { expiresAt } : {}),
        }),
      ),
    );
  return fc.uniqueArray(one, { minLength: 1, maxLength: 9, selector: lookOf });
}

/** Any order of arrival, with some of them arriving more than once. */
export function arrivals(of: readonly NormalizedReport[]): fc.Arbitrary<NormalizedReport[]> {
  const all = of.map((_, index) => index);
  return fc
    .array(fc.constantFrom(...all), { maxLength: 4 })
    .chain((again) => {
      const sent = [...all, ...again];
      return fc.shuffledSubarray(sent, { minLength: sent.length });
    })
    .map((order) => order.map((index) => of[index] as NormalizedReport));
}

/** What must be Active after all of `looks` have arrived, in whatever order. */
export function expectedActive(
  looks: readonly NormalizedReport[],
  context: Context,
): Map<string, { look: NormalizedReport; contentHash: string }> {
  const active = new Map<string, { look: NormalizedReport; contentHash: string }>();
  for (const aspect of ASPECTS) {
    for (const key of KEYS) {
      const look = newestAbout(looks, aspect, key, context);
      const found = look && findingsOf(look).find((each) => each.key === key);
      if (!look || !found || (look.expiresAt !== undefined && look.expiresAt <= context.now)) continue;
      active.set(`${aspect}|${key}`, { look, contentHash: found.contentHash });
    }
  }
  return active;
}

/** The newest marks, as `World.marks` gives them. */
export function expectedMarks(looks: readonly NormalizedReport[], context: Context): Record<string, OrderKey> {
  const marks: Record<string, OrderKey> = {};
  for (const aspect of ASPECTS) {
    for (const key of ['', ...KEYS]) {
      const look = newestAbout(looks, aspect, key, context);
      if (look) marks[`${aspect}|${key}`] = look.order;
    }
  }
  return marks;
}

function newestAbout(
  looks: readonly NormalizedReport[],
  aspect: string,
  key: string,
  context: Context,
): NormalizedReport | undefined {
  return looks
    .filter((look) => !isOld(look, context) && saysAnything(look, aspect, key))
    .sort((a, b) => compareOrder(a.order, b.order) || scope(a) - scope(b))
    .at(-1);
}

function saysAnything(look: NormalizedReport, aspect: string, key: string): boolean {
  const { body } = look;
  if (body.kind === 'deleted' && body.what === 'everyAspect') return true;
  if ((look.ref.subject.aspect ?? '') !== aspect) return false;
  if (body.kind !== 'incremental') return true;
  return body.resolve.includes(key) || body.findings.some((each) => each.key === key);
}

/** Of two looks with one order key the one that covers more decides. */
function scope({ body }: NormalizedReport): number {
  if (body.kind === 'incremental') return 0;
  return body.kind === 'deleted' && body.what === 'everyAspect' ? 2 : 1;
}

function isOld({ order }: NormalizedReport, { now, retention, namespaceCreatedAt }: Context): boolean {
  if (order.class !== 'run' || order.completedAt === undefined) return false;
  return order.completedAt < now - retention || order.completedAt < (namespaceCreatedAt ?? 0);
}

function findingsOf({ body }: NormalizedReport): readonly { key: string; contentHash: string }[] {
  return 'findings' in body ? body.findings : [];
}

function lookOf({ order, body, ref }: NormalizedReport): string {
  const everyAspect = body.kind === 'deleted' && body.what === 'everyAspect';
  const kind = everyAspect ? 'every aspect' : body.kind === 'incremental' ? 'incremental' : 'complete';
  return JSON.stringify([order, kind, everyAspect ? '' : ref.hash]);
}
