/**
 * A database with a past, without reporting it: issues as months of reports leave them, most of them resolved and out of
 * sight, some open, each with its watermark and its closed episodes. Reports go on from there, because identities and
 * order keys are those of `crds/`; `history.test.ts` lets the engine judge that.
 */
export interface History {
  /** Issues altogether. */
  readonly stored: number;
  /** Those of them that are Active, spread evenly over the table. At least 1. */
  readonly open: number;
  /** Where they live; the server removes what belongs to another uid. */
  readonly namespaces: readonly { readonly name: string; readonly uid: string }[];
  /** How long ago the oldest episode began. Below `issues.retention`. Default 85. */
  readonly days?: number;
}

/** Who said so. */
export const HISTORY_SOURCE = 'bench';

/** Rows of one statement. */
const PIECE = 25_000;

/** Subject of the n-th issue: no report plan of the bench names it. */
export function historySubject(n: number, namespace: string): { kind: string; name: string; namespace: string } {
  return { kind: 'Component', name: `archive-${String(n).padStart(7, '0')}`, namespace };
}

/**
 * Fills a migrated database that no server uses now: its plain indexes are made again at the end. `run` executes one or
 * several statements; `onProgress` is told how many issues are stored. A million takes minutes, and about 4 GB.
 */
export async function fillHistory(
  run: (sql: string) => Promise<unknown>,
  history: History,
  onProgress: (stored: number) => void = () => {},
): Promise<void> {
  if (history.open < 1 || history.open > history.stored) throw new RangeError(`${history.open} of ${history.stored}`);
  await run(monthsOf(history.days ?? DAYS));
  await run(DROP_INDEXES);
  for (let from = 0; from < history.stored; from += PIECE) {
    await run(pieceOf(history, from, Math.min(from + PIECE, history.stored)));
    onProgress(Math.min(from + PIECE, history.stored));
  }
  await run(CREATE_INDEXES);
  await run('ANALYZE');
}

const DAYS = 85;

/** Months that no server has made a partition for, because it was not there. */
function monthsOf(days: number): string {
  return `DO $$ DECLARE month timestamp; BEGIN
    FOR month IN SELECT generate_series(date_trunc('month', now() AT TIME ZONE 'UTC' - interval '${days + 3} days'),
      date_trunc('month', now() AT TIME ZONE 'UTC'), interval '1 month')
    LOOP
      EXECUTE format('CREATE TABLE IF NOT EXISTS episodes_%s PARTITION OF episodes FOR VALUES FROM (%L) TO (%L)',
        to_char(month, 'YYYY_MM'), month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    END LOOP;
  END $$`;
}

/** Indexes without a constraint, whatever migrations have added: to build them once is quicker than row by row. */
const DROP_INDEXES = `
CREATE TABLE bench_indexes AS SELECT indexname, replace(indexdef, ' ON ONLY ', ' ON ') AS indexdef FROM pg_indexes i
  WHERE schemaname = 'public' AND tablename IN ('issues', 'episodes')
    AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname);
DO $$ DECLARE one text; BEGIN
  FOR one IN SELECT indexname FROM bench_indexes LOOP EXECUTE format('DROP INDEX %I', one); END LOOP;
END $$`;
const CREATE_INDEXES = `
DO $$ DECLARE one text; BEGIN
  FOR one IN SELECT indexdef FROM bench_indexes LOOP EXECUTE one; END LOOP;
END $$;
DROP TABLE bench_indexes`;

const TASKS = ['build-container', 'prefetch-dependencies', 'sast-snyk-check', 'clair-scan', 'deploy-preview', 'unit'];
const CAUSES = [
  'undefined: newClient',
  'connection refused while pulling the base image',
  'out of memory: container was killed',
  'certificate has expired or is not yet valid',
  'no space left on device',
  'timed out waiting for the condition',
  'checksum mismatch of module',
  'assertion failed: expected true to be false',
];
const TYPES = ['build', 'test', 'release', 'security'];

/** The n-th value of a list, by an SQL expression that counts from 0. */
function pick(values: readonly string[], index: string): string {
  return `(ARRAY[${values.map((value) => `'${value}'`).join(', ')}])[1 + (${index}) % ${values.length}]`;
}

/** SHA-256 of a JSON array of plain texts, as `crds/identity.ts` takes it. */
function hashOf(...parts: readonly string[]): string {
  return `sha256(convert_to('["' || ${parts.join(` || '","' || `)} || '"]', 'UTF8'))`;
}

/** `f`: facts by number, `m`: what follows from them. Every value depends on the number alone, but for the clock. */
function pieceOf({ stored, open, namespaces, days = DAYS }: History, from: number, to: number): string {
  const span = days * 86_400;
  const names = namespaces.map(({ name }) => name);
  const uids = namespaces.map(({ uid }) => uid);
  const subject = [`'appstudio.redhat.com'`, `'Component'`, 'f.namespace', 'f.name', 'f.aspect'] as const;
  return `
WITH f AS MATERIALIZED (
  SELECT n, h, n::bigint * ${open} % ${stored} < ${open} AS is_open, ${pick(names, 'n')} AS namespace, ${pick(uids, 'n')} AS namespace_uid,
    'archive-' || lpad(n::text, 7, '0') AS name, 'shop-' || n % 97 AS application,
    CASE WHEN n % 4 = 1 THEN 'build/pr/' || h % 400 ELSE 'build/push/main' END AS aspect,
    CASE WHEN n % 4 = 3 THEN 'CVE-2026-' || 1000 + h % 3000 ELSE 'run' END AS key,
    ${pick(TYPES, 'n')} AS type, ${pick(['critical', 'major', 'minor', 'info'], 'h / 7')} AS severity,
    ${pick(TASKS, 'h / 11')} AS task, ${pick(CAUSES, 'h / 13')} AS cause,
    ${pick(['TaskRunFailed', 'TaskRunTimeout', 'TaskRunImagePullFailed'], 'h / 17')} AS reason,
    now() - make_interval(secs => 10800 + h % ${span}) AS began, make_interval(secs => 600 + h / 19 % 7200) AS lasted
  FROM (SELECT n, abs(hashint8(n)::bigint) AS h FROM generate_series(${from}::bigint, ${to - 1}::bigint) AS n) AS numbered
), m AS MATERIALIZED (
  SELECT f.*, gen_random_uuid() AS id, ${hashOf('f.namespace', `'${HISTORY_SOURCE}'`, ...subject, 'f.key')} AS fingerprint,
    ${hashOf(...subject)} AS subject_hash, f.name || '-' || to_hex(h) AS run, gen_random_uuid() AS run_uid,
    jsonb_build_object('faultline.dev/component', f.name, 'faultline.dev/application', application) AS labels,
    json_strip_nulls(json_build_object('source', '${HISTORY_SOURCE}', 'subject', json_build_object(
        'apiVersion', 'appstudio.redhat.com/v1alpha1', 'kind', 'Component', 'namespace', namespace, 'name', f.name, 'aspect', aspect),
      'key', key, 'type', type, 'severity', severity, 'reason', reason,
      'title', format('Build of %s fails in %s: %s', f.name, task, cause),
      'description', format(E'PipelineRun %s-%s failed: task %s, exit code %s.\\nTasks Completed: 11 (Failed: 1), Skipped: 4\\n\\n'
        '#12 0.812 error: target %s: /workspace/source/src/module-%s/handler.go:%s: %s', f.name, to_hex(h), task, 1 + h % 3, h % 4096, h % 211, h % 900, cause),
      'group', CASE WHEN key <> 'run' THEN key END,
      'links', json_build_array(json_build_object('rel', 'log', 'title', 'Log of ' || task,
        'url', format('https://console.example.com/ns/%s/pipelinerun/%s-%s/logs?task=%s', namespace, f.name, to_hex(h), task))))) AS spec
  FROM f
), issue AS (
  INSERT INTO issues (id, namespace, namespace_uid, fingerprint, fingerprint_version, uid, name, generation, created_at, source,
    subject_hash, subject_group, subject_kind, subject_namespace, subject_name, aspect, key, severity, type, reason, stage,
    labels, served_labels, spec, state, opened_at, resolved_at, resolved_reason, first_seen_at, last_seen_at, occurrences,
    reopened, observed, content_hash, conditions, hidden_at, changed_at, change)
  SELECT id, namespace, namespace_uid, fingerprint, 1, gen_random_uuid(), 'component-' || m.name || '-' || left(encode(fingerprint, 'hex'), 8),
    1, began, '${HISTORY_SOURCE}', subject_hash, 'appstudio.redhat.com', 'Component', namespace, m.name, aspect, key, severity, type, reason,
    'releasable', labels, labels || jsonb_build_object('faultline.dev/severity', severity, 'faultline.dev/type', type,
      'faultline.dev/state', CASE WHEN is_open THEN 'Active' ELSE 'Resolved' END, 'faultline.dev/source', '${HISTORY_SOURCE}',
      'faultline.dev/subject-kind', 'Component'),
    spec, CASE WHEN is_open THEN 'Active' ELSE 'Resolved' END, began, CASE WHEN NOT is_open THEN began + lasted END,
    CASE WHEN NOT is_open THEN 'Recovered' END, began - interval '1 day', began + lasted, 1 + h % 5, h % 3, jsonb_build_object(
      'apiVersion', 'tekton.dev/v1', 'kind', 'PipelineRun', 'name', run, 'uid', run_uid),
    sha256(convert_to(spec::text, 'UTF8')), '[]', CASE WHEN NOT is_open THEN began + lasted + interval '1 hour' END,
    began + lasted, (SELECT last_change FROM meta) - ${stored} + n
  FROM m
), mark AS (
  INSERT INTO watermarks (namespace, source, subject_hash, key, class, completed_at, created_at, uid, detail, epoch, sequence, version, seen_at)
  SELECT namespace, '${HISTORY_SOURCE}', subject_hash, '', 'run', (date_part('epoch', began + lasted) * 1000000)::bigint,
    (date_part('epoch', began) * 1000000)::bigint, run_uid::text, 12, 1, n + 1, (date_part('epoch', now()) * 1000000)::bigint, began + lasted
  FROM m
)
INSERT INTO episodes (issue_id, number, opened_at, resolved_at, reason, spec, recorded_at, uid, created_at, generation, labels,
  occurrences, last_seen_at)
SELECT id, number, opened, least(opened + lasted, began), 'Recovered', spec::jsonb, least(opened + lasted, began), id, began, 1,
  labels, 1, opened
FROM m, LATERAL (SELECT g AS number, began - (h % 3 + 1 - g) * interval '3 hours' AS opened FROM generate_series(1, h % 3) AS g) AS earlier
UNION ALL
SELECT id, h % 3 + 1, began, began + lasted, 'Recovered', spec::jsonb, began + lasted, id, began, 1, labels, 1, began
FROM m WHERE NOT is_open`;
}
