-- Everything of the first schema. Frozen once released: a change is a new file.
--
-- COLLATE "C" on identity and sort columns: the order then never depends on the operating system's locale, survives
-- its upgrades, and equals the order of JavaScript for ASCII. Order keys are bigint, microseconds since 1970, because
-- they are compared as numbers; every other time is a timestamptz.

CREATE TABLE meta (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- Whose issues these are: the uid of kube-system, or folder:<path>. NULL until the first open.
  cluster_id text COLLATE "C",
  database_id uuid NOT NULL DEFAULT gen_random_uuid(),
  -- System identifier, timeline and oid of the database that last took writes: a restore or a failover changes it.
  identity text COLLATE "C",
  last_change bigint NOT NULL DEFAULT 0,
  change_floor bigint NOT NULL DEFAULT 0,
  schema_version integer NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE issues (
  -- Kite's id: never changes, not even when uid does.
  id uuid PRIMARY KEY,
  namespace text COLLATE "C" NOT NULL,
  namespace_uid text COLLATE "C" NOT NULL,
  fingerprint bytea NOT NULL,
  fingerprint_version smallint NOT NULL,
  uid uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  generation bigint NOT NULL,
  created_at timestamptz NOT NULL,
  source text COLLATE "C" NOT NULL,
  subject_hash bytea NOT NULL,
  subject_group text COLLATE "C" NOT NULL,
  subject_kind text COLLATE "C" NOT NULL,
  subject_namespace text COLLATE "C" NOT NULL,
  subject_name text COLLATE "C" NOT NULL,
  aspect text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  severity text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  stage text COLLATE "C",
  -- What the observation said, and as served.
  labels jsonb NOT NULL,
  served_labels jsonb NOT NULL,
  -- json, not jsonb: it is written and read as a whole, and nobody searches in it.
  spec json NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('Active', 'Resolved')),
  opened_at timestamptz NOT NULL,
  resolved_at timestamptz,
  resolved_reason text COLLATE "C",
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  occurrences bigint NOT NULL,
  reopened bigint NOT NULL,
  observed jsonb,
  expires_at timestamptz,
  content_hash bytea NOT NULL,
  acknowledged jsonb,
  snoozed_until timestamptz,
  assignee text COLLATE "C",
  conditions jsonb NOT NULL,
  manual jsonb,
  hidden_at timestamptz,
  changed_at timestamptz NOT NULL,
  change bigint NOT NULL,
  CONSTRAINT issues_fingerprint UNIQUE (namespace, fingerprint),
  CONSTRAINT issues_name UNIQUE (namespace, name),
  CONSTRAINT issues_resolved CHECK ((state = 'Resolved') = (resolved_at IS NOT NULL) AND resolved_at >= opened_at)
  -- Room for an update on the same page, so that it touches no index; no compression of rows of ordinary size.
) WITH (fillfactor = 60, toast_tuple_target = 4096);

CREATE INDEX issues_subject ON issues (subject_hash);
CREATE INDEX issues_subject_name ON issues (subject_name, subject_kind, namespace);
CREATE INDEX issues_active ON issues (source, namespace) WHERE state = 'Active';
CREATE INDEX issues_expiring ON issues (expires_at) WHERE state = 'Active' AND expires_at IS NOT NULL;
-- Not on changed_at: an index on a column that every update touches would end heap-only updates.
CREATE INDEX issues_leaving ON issues (resolved_at) WHERE state = 'Resolved' AND hidden_at IS NULL;
CREATE INDEX issues_hidden ON issues (hidden_at) WHERE hidden_at IS NOT NULL;

-- The order key of the last observation accepted. Key '' is the last complete one; its version is the subject's, so
-- the row exists without an order key (class NULL) when there was no complete observation yet.
CREATE TABLE watermarks (
  namespace text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  subject_hash bytea NOT NULL,
  key text COLLATE "C" NOT NULL DEFAULT '',
  class text COLLATE "C",
  completed_at bigint,
  created_at bigint,
  uid text COLLATE "C",
  detail bigint,
  epoch bigint,
  sequence bigint,
  stamped_at bigint,
  version bigint NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (subject_hash, namespace, source, key)
) WITH (fillfactor = 70);

-- Answers that were given, for 24 h: a delivery that is sent again is answered as the first time.
CREATE TABLE deliveries (
  source text COLLATE "C" NOT NULL,
  delivery_id text COLLATE "C" NOT NULL,
  result jsonb NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (source, delivery_id)
);

CREATE INDEX deliveries_at ON deliveries (at);

CREATE TABLE sources (
  name text COLLATE "C" NOT NULL,
  shard text COLLATE "C" NOT NULL,
  manager text COLLATE "C" NOT NULL,
  class text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  filter jsonb NOT NULL,
  absent_since timestamptz,
  PRIMARY KEY (name, shard)
);

CREATE INDEX sources_manager ON sources (manager, shard);

-- Closed episodes, by the server's clock; the sweeper creates the months ahead and drops the old ones.
CREATE TABLE episodes (
  issue_id uuid NOT NULL,
  number bigint NOT NULL,
  opened_at timestamptz NOT NULL,
  resolved_at timestamptz NOT NULL,
  reason text COLLATE "C" NOT NULL,
  spec jsonb NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (issue_id, number, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE TABLE timeline (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  issue_id uuid NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  action text COLLATE "C" NOT NULL,
  comment text,
  audit_id text COLLATE "C"
);

CREATE INDEX timeline_issue ON timeline (issue_id, at);

-- The change log: what a watch is fed from. The object has no resourceVersion: it is the row's number.
CREATE TABLE changes (
  change bigint PRIMARY KEY,
  resource text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  uid uuid NOT NULL,
  op text COLLATE "C" NOT NULL CHECK (op IN ('ADDED', 'MODIFIED', 'DELETED')),
  labels_before jsonb,
  fields_before jsonb,
  -- The number of the version before: while it is in the log, a watch can tell how the object was.
  change_before bigint,
  object json NOT NULL,
  at timestamptz NOT NULL
) WITH (toast_tuple_target = 4096);

INSERT INTO meta (schema_version) VALUES (1);
