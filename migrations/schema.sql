TABLE changes WITH (toast_tuple_target=4096)
  change bigint NOT NULL
  resource text COLLATE "C" NOT NULL
  namespace text COLLATE "C" NOT NULL
  name text COLLATE "C" NOT NULL
  uid uuid NOT NULL
  op text COLLATE "C" NOT NULL
  labels_before jsonb
  fields_before jsonb
  change_before bigint
  object json NOT NULL
  at timestamp with time zone NOT NULL
  CONSTRAINT changes_op_check CHECK ((op = ANY (ARRAY['ADDED'::text, 'MODIFIED'::text, 'DELETED'::text])))
  CONSTRAINT changes_pkey PRIMARY KEY (change)
  CREATE UNIQUE INDEX changes_pkey ON changes USING btree (change)
TABLE contents PARTITION BY RANGE (recorded_at)
  issue_id uuid NOT NULL
  number bigint NOT NULL
  until timestamp with time zone NOT NULL
  change bigint NOT NULL
  place integer NOT NULL
  generation bigint NOT NULL
  spec jsonb NOT NULL
  labels jsonb NOT NULL
  observed jsonb
  occurrences bigint NOT NULL
  last_seen_at timestamp with time zone NOT NULL
  recorded_at timestamp with time zone NOT NULL
  CONSTRAINT contents_pkey PRIMARY KEY (issue_id, number, until, change, place, recorded_at)
  CREATE UNIQUE INDEX contents_pkey ON ONLY contents USING btree (issue_id, number, until, change, place, recorded_at)
TABLE deliveries
  source text COLLATE "C" NOT NULL
  delivery_id text COLLATE "C" NOT NULL
  result jsonb NOT NULL
  at timestamp with time zone NOT NULL
  CONSTRAINT deliveries_pkey PRIMARY KEY (source, delivery_id)
  CREATE INDEX deliveries_at ON deliveries USING btree (at)
  CREATE UNIQUE INDEX deliveries_pkey ON deliveries USING btree (source, delivery_id)
TABLE episodes PARTITION BY RANGE (recorded_at)
  issue_id uuid NOT NULL
  number bigint NOT NULL
  opened_at timestamp with time zone NOT NULL
  resolved_at timestamp with time zone NOT NULL
  reason text COLLATE "C" NOT NULL
  spec jsonb NOT NULL
  recorded_at timestamp with time zone NOT NULL
  uid uuid NOT NULL
  created_at timestamp with time zone NOT NULL
  generation bigint NOT NULL
  labels jsonb NOT NULL
  observed jsonb
  occurrences bigint NOT NULL
  last_seen_at timestamp with time zone NOT NULL
  CONSTRAINT episodes_pkey PRIMARY KEY (issue_id, number, recorded_at)
  CREATE INDEX episodes_during ON ONLY episodes USING gist (tstzrange(opened_at, resolved_at, '[]'::text))
  CREATE UNIQUE INDEX episodes_pkey ON ONLY episodes USING btree (issue_id, number, recorded_at)
TABLE evidence
  issue_id uuid NOT NULL
  at timestamp with time zone NOT NULL
  observed jsonb
  evidence jsonb NOT NULL
  text text NOT NULL
  CONSTRAINT evidence_pkey PRIMARY KEY (issue_id)
  CREATE INDEX evidence_at ON evidence USING btree (at)
  CREATE UNIQUE INDEX evidence_pkey ON evidence USING btree (issue_id)
TABLE evidence_texts
  issue_id uuid NOT NULL
  at timestamp with time zone NOT NULL
  document tsvector NOT NULL
  CONSTRAINT evidence_texts_pkey PRIMARY KEY (issue_id)
  CREATE INDEX evidence_texts_document ON evidence_texts USING gin (document) WITH (gin_pending_list_limit='256')
  CREATE UNIQUE INDEX evidence_texts_pkey ON evidence_texts USING btree (issue_id)
TABLE feeds
  resource text COLLATE "C" NOT NULL
  holder text COLLATE "C" NOT NULL
  epoch bigint NOT NULL
  expires_at timestamp with time zone NOT NULL
  filled boolean NOT NULL DEFAULT false
  CONSTRAINT feeds_pkey PRIMARY KEY (resource)
  CREATE UNIQUE INDEX feeds_pkey ON feeds USING btree (resource)
TABLE group_members
  namespace text COLLATE "C" NOT NULL
  name text COLLATE "C" NOT NULL
  group_name text COLLATE "C" NOT NULL
  digest text COLLATE "C" NOT NULL
  change bigint NOT NULL
  CONSTRAINT group_members_pkey PRIMARY KEY (namespace, name)
  CREATE INDEX group_members_group ON group_members USING btree (group_name, namespace, name)
  CREATE UNIQUE INDEX group_members_pkey ON group_members USING btree (namespace, name)
TABLE issue_index WITH (fillfactor=80)
  issue_id uuid NOT NULL
  namespace text COLLATE "C" NOT NULL
  name text COLLATE "C" NOT NULL
  severity smallint NOT NULL
  type text COLLATE "C" NOT NULL
  state text COLLATE "C" NOT NULL
  source text COLLATE "C" NOT NULL
  reason text COLLATE "C" NOT NULL
  title text COLLATE "C" NOT NULL
  subject_kind text COLLATE "C" NOT NULL
  subject_name text COLLATE "C" NOT NULL
  stage text COLLATE "C" NOT NULL
  group_name text COLLATE "C" NOT NULL
  assignee text COLLATE "C" NOT NULL
  labels jsonb NOT NULL
  opened_at timestamp with time zone NOT NULL
  resolved_at timestamp with time zone NOT NULL
  last_seen_at timestamp with time zone NOT NULL
  occurrences bigint NOT NULL
  reopened bigint NOT NULL
  visible boolean NOT NULL
  change bigint NOT NULL
  CONSTRAINT issue_index_pkey PRIMARY KEY (issue_id)
  CREATE INDEX issue_index_active ON issue_index USING btree (opened_at, issue_id) WHERE (state = 'Active'::text)
  CREATE INDEX issue_index_assignee ON issue_index USING btree (assignee, opened_at) WHERE (assignee <> ''::text)
  CREATE INDEX issue_index_group ON issue_index USING btree (group_name, opened_at) WHERE (group_name <> ''::text)
  CREATE INDEX issue_index_labels ON issue_index USING gin (labels jsonb_path_ops) WITH (gin_pending_list_limit='256')
  CREATE INDEX issue_index_namespace ON issue_index USING btree (namespace, opened_at, issue_id)
  CREATE INDEX issue_index_opened ON issue_index USING btree (opened_at, issue_id)
  CREATE UNIQUE INDEX issue_index_pkey ON issue_index USING btree (issue_id)
  CREATE INDEX issue_index_subject ON issue_index USING btree (subject_name, opened_at)
  CREATE INDEX issue_index_visible ON issue_index USING btree (namespace, name) WHERE visible
TABLE issue_texts
  issue_id uuid NOT NULL
  digest text COLLATE "C" NOT NULL
  document tsvector NOT NULL
  words text NOT NULL
  CONSTRAINT issue_texts_pkey PRIMARY KEY (issue_id)
  CREATE INDEX issue_texts_document ON issue_texts USING gin (document) WITH (gin_pending_list_limit='256')
  CREATE UNIQUE INDEX issue_texts_pkey ON issue_texts USING btree (issue_id)
  CREATE INDEX issue_texts_words ON issue_texts USING gin (words gin_trgm_ops) WITH (gin_pending_list_limit='256')
TABLE issues WITH (fillfactor=60, toast_tuple_target=4096)
  id uuid NOT NULL
  namespace text COLLATE "C" NOT NULL
  namespace_uid text COLLATE "C" NOT NULL
  fingerprint bytea NOT NULL
  fingerprint_version smallint NOT NULL
  uid uuid NOT NULL
  name text COLLATE "C" NOT NULL
  generation bigint NOT NULL
  created_at timestamp with time zone NOT NULL
  source text COLLATE "C" NOT NULL
  subject_hash bytea NOT NULL
  subject_group text COLLATE "C" NOT NULL
  subject_kind text COLLATE "C" NOT NULL
  subject_namespace text COLLATE "C" NOT NULL
  subject_name text COLLATE "C" NOT NULL
  aspect text COLLATE "C" NOT NULL
  key text COLLATE "C" NOT NULL
  severity text COLLATE "C" NOT NULL
  type text COLLATE "C" NOT NULL
  reason text COLLATE "C" NOT NULL
  stage text COLLATE "C"
  labels jsonb NOT NULL
  served_labels jsonb NOT NULL
  spec json NOT NULL
  state text COLLATE "C" NOT NULL
  opened_at timestamp with time zone NOT NULL
  resolved_at timestamp with time zone
  resolved_reason text COLLATE "C"
  first_seen_at timestamp with time zone NOT NULL
  last_seen_at timestamp with time zone NOT NULL
  occurrences bigint NOT NULL
  reopened bigint NOT NULL
  observed jsonb
  expires_at timestamp with time zone
  content_hash bytea NOT NULL
  acknowledged jsonb
  snoozed_until timestamp with time zone
  assignee text COLLATE "C"
  conditions jsonb NOT NULL
  manual jsonb
  hidden_at timestamp with time zone
  changed_at timestamp with time zone NOT NULL
  change bigint NOT NULL
  lifecycle jsonb
  CONSTRAINT issues_fingerprint UNIQUE (namespace, fingerprint)
  CONSTRAINT issues_name UNIQUE (namespace, name)
  CONSTRAINT issues_pkey PRIMARY KEY (id)
  CONSTRAINT issues_resolved CHECK ((((state = 'Resolved'::text) = (resolved_at IS NOT NULL)) AND (resolved_at >= opened_at)))
  CONSTRAINT issues_state_check CHECK ((state = ANY (ARRAY['Active'::text, 'Resolved'::text])))
  CREATE INDEX issues_active ON issues USING btree (source, namespace) WHERE (state = 'Active'::text)
  CREATE INDEX issues_expiring ON issues USING btree (expires_at) WHERE ((state = 'Active'::text) AND (expires_at IS NOT NULL))
  CREATE UNIQUE INDEX issues_fingerprint ON issues USING btree (namespace, fingerprint)
  CREATE INDEX issues_hidden ON issues USING btree (hidden_at) WHERE (hidden_at IS NOT NULL)
  CREATE INDEX issues_leaving ON issues USING btree (resolved_at) WHERE ((state = 'Resolved'::text) AND (hidden_at IS NULL))
  CREATE UNIQUE INDEX issues_name ON issues USING btree (namespace, name)
  CREATE UNIQUE INDEX issues_pkey ON issues USING btree (id)
  CREATE INDEX issues_snoozed ON issues USING btree (snoozed_until) WHERE (snoozed_until IS NOT NULL)
  CREATE INDEX issues_subject ON issues USING btree (subject_hash)
  CREATE INDEX issues_subject_name ON issues USING btree (subject_name, subject_kind, namespace)
TABLE meta WITH (fillfactor=10)
  one boolean NOT NULL DEFAULT true
  cluster_id text COLLATE "C"
  database_id uuid NOT NULL DEFAULT gen_random_uuid()
  identity text COLLATE "C"
  last_change bigint NOT NULL DEFAULT 0
  change_floor bigint NOT NULL DEFAULT 0
  schema_version integer NOT NULL
  CONSTRAINT meta_one_check CHECK (one)
  CONSTRAINT meta_pkey PRIMARY KEY (one)
  CREATE UNIQUE INDEX meta_pkey ON meta USING btree (one)
TABLE objects
  resource text COLLATE "C" NOT NULL
  namespace text COLLATE "C" NOT NULL
  name text COLLATE "C" NOT NULL
  object json NOT NULL
  change bigint NOT NULL
  CONSTRAINT objects_pkey PRIMARY KEY (resource, namespace, name)
  CREATE UNIQUE INDEX objects_pkey ON objects USING btree (resource, namespace, name)
TABLE positions
  name text COLLATE "C" NOT NULL
  change bigint NOT NULL
  CONSTRAINT positions_pkey PRIMARY KEY (name)
  CREATE UNIQUE INDEX positions_pkey ON positions USING btree (name)
TABLE related
  id uuid NOT NULL
  source_id uuid NOT NULL
  target_id uuid NOT NULL
  actor text NOT NULL
  at timestamp with time zone NOT NULL
  CONSTRAINT related_pkey PRIMARY KEY (id)
  CONSTRAINT related_two CHECK ((source_id <> target_id))
  CREATE UNIQUE INDEX related_pair ON related USING btree (LEAST(source_id, target_id), GREATEST(source_id, target_id))
  CREATE UNIQUE INDEX related_pkey ON related USING btree (id)
  CREATE INDEX related_source ON related USING btree (source_id)
  CREATE INDEX related_target ON related USING btree (target_id)
TABLE sources
  name text COLLATE "C" NOT NULL
  shard text COLLATE "C" NOT NULL
  manager text COLLATE "C" NOT NULL
  class text COLLATE "C" NOT NULL
  epoch bigint NOT NULL
  filter jsonb NOT NULL
  absent_since timestamp with time zone
  CONSTRAINT sources_pkey PRIMARY KEY (name, shard)
  CREATE INDEX sources_manager ON sources USING btree (manager, shard)
  CREATE UNIQUE INDEX sources_pkey ON sources USING btree (name, shard)
TABLE stale_groups
  name text COLLATE "C" NOT NULL
  mark uuid NOT NULL DEFAULT gen_random_uuid()
  CONSTRAINT stale_groups_pkey PRIMARY KEY (name)
  CREATE UNIQUE INDEX stale_groups_pkey ON stale_groups USING btree (name)
TABLE timeline
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY
  issue_id uuid NOT NULL
  at timestamp with time zone NOT NULL
  actor text NOT NULL
  action text COLLATE "C" NOT NULL
  comment text
  audit_id text COLLATE "C"
  until timestamp with time zone
  detail jsonb
  CONSTRAINT timeline_pkey PRIMARY KEY (id)
  CREATE INDEX timeline_issue ON timeline USING btree (issue_id, at)
  CREATE UNIQUE INDEX timeline_pkey ON timeline USING btree (id)
TABLE watermarks WITH (fillfactor=70)
  namespace text COLLATE "C" NOT NULL
  source text COLLATE "C" NOT NULL
  subject_hash bytea NOT NULL
  key text COLLATE "C" NOT NULL DEFAULT ''::text
  class text COLLATE "C"
  completed_at bigint
  created_at bigint
  uid text COLLATE "C"
  detail bigint
  epoch bigint
  sequence bigint
  stamped_at bigint
  version bigint NOT NULL
  seen_at timestamp with time zone NOT NULL
  CONSTRAINT watermarks_pkey PRIMARY KEY (subject_hash, namespace, source, key)
  CREATE UNIQUE INDEX watermarks_pkey ON watermarks USING btree (subject_hash, namespace, source, key)
