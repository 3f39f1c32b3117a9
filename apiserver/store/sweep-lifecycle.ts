import { closure, type EscalationRule, escalate, rank } from './escalation.ts';
import { FLAPPING, type FlappingRule, isFlapping } from './flapping.ts';
import { timestamp } from './issue-row.ts';
import type { SqlStore } from './sql-store.ts';
import { NOBODY } from './store.ts';
import { withCondition } from './stored-condition.ts';
import { sweepIssues } from './sweep-issues.ts';

/** What age does to issues that somebody sees: they calm down, and their severity rises. Writes that watches see. */

const FLAPPING_CONDITION = JSON.stringify([{ type: FLAPPING }]);

/**
 * The condition Flapping ends when an issue did not open again as often any more (all of them, without a rule). A resolved
 * one does not stay longer for it: when it leaves counts from when it was resolved.
 */
export async function calmDown(store: SqlStore, rule: FlappingRule | undefined): Promise<number> {
  const before = rule ? (await store.now()) - rule.within : Number.MAX_SAFE_INTEGER;
  const place = rule?.reopened ?? 1;
  let calmed = 0;
  // Each has an index of its own.
  for (const visible of [`i.state = 'Active'`, `i.state = 'Resolved' AND i.hidden_at IS NULL`]) {
    calmed += await sweepIssues(store, {
      where: `${visible} AND i.conditions @> $1::jsonb
        AND coalesce((i.lifecycle->'reopenings'->>(-$3::int))::bigint, 0) <= $2::bigint`,
      values: [FLAPPING_CONDITION, before, place],
      write(issue, now) {
        const calm = withCondition(issue, FLAPPING, undefined);
        if (calm === issue || isFlapping(issue, rule, now)) return undefined;
        return { op: 'update', issue: issue.state === 'Active' ? { ...calm, changedAt: now } : calm };
      },
    });
  }
  return calmed;
}

/** What was reported of the row `i`. */
const REPORTED = `coalesce(i.lifecycle->'escalated'->>'from', i.severity)`;

/**
 * The severities that the rules want by now, and those back whose rule is gone. Without rules only what is escalated is
 * looked at; with rules all that is Active, so that the search and `escalate` mean the same.
 */
export async function escalateIssues(store: SqlStore, rules: readonly EscalationRule[]): Promise<number> {
  const closed = closure(rules);
  const now = await store.now();
  const wanted = closed.map((rule) => ({ ...rule, since: now - rule.after, place: rank(rule.to) }));
  return sweepIssues(store, {
    where: `i.state = 'Active' ${closed.length === 0 ? `AND i.lifecycle->'escalated' IS NOT NULL` : ''} AND i.severity <> coalesce((
      SELECT r."to" FROM jsonb_to_recordset($1::jsonb) AS r(type text, severity text, "to" text, since bigint, place int)
      WHERE r.severity = ${REPORTED} AND (r.type IS NULL OR r.type = i.type) AND i.opened_at <= ${timestamp('r.since')}
      ORDER BY r.place LIMIT 1), ${REPORTED})`,
    values: [JSON.stringify(wanted)],
    write: (issue, at) => escalate(issue, closed, at),
  });
}

/** Lines of Faultline itself are forgotten after `keepFor` ms, as closed episodes are; those of people go with the issue. */
export async function trimTimeline(store: SqlStore, keepFor: number): Promise<number> {
  const before = (await store.now()) - keepFor * 1_000;
  const [gone] = await store.database.query<{ count: number }>(
    `WITH deleted AS (DELETE FROM timeline WHERE actor = '${NOBODY}' AND at <= ${timestamp('$1::bigint')} RETURNING 1)
     SELECT count(*) AS count FROM deleted`,
    [before],
  );
  return gone?.count ?? 0;
}
