-- What issues are found by (docs/search.md, docs/adr/0015). Kept by a follower of the change log, so that no report waits
-- for an index: everything here can be made again from issues and evidence.

-- Trusted since PostgreSQL 13: who owns the database may do it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE issue_index (
  issue_id uuid PRIMARY KEY,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  -- 0 is critical.
  severity smallint NOT NULL,
  type text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  title text COLLATE "C" NOT NULL,
  subject_kind text COLLATE "C" NOT NULL,
  subject_name text COLLATE "C" NOT NULL,
  -- '' is none, so that every column has an order.
  stage text COLLATE "C" NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  assignee text COLLATE "C" NOT NULL,
  labels jsonb NOT NULL,
  opened_at timestamptz NOT NULL,
  -- 'epoch' is none.
  resolved_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  occurrences bigint NOT NULL,
  reopened bigint NOT NULL,
  visible boolean NOT NULL,
  change bigint NOT NULL
  -- What changes with every run is in no index: room for such an update on the same page.
) WITH (fillfactor = 80);

CREATE INDEX issue_index_opened ON issue_index (opened_at, issue_id);
CREATE INDEX issue_index_namespace ON issue_index (namespace, opened_at, issue_id);
CREATE INDEX issue_index_active ON issue_index (opened_at, issue_id) WHERE state = 'Active';
CREATE INDEX issue_index_visible ON issue_index (namespace, name) WHERE visible;
CREATE INDEX issue_index_subject ON issue_index (subject_name, opened_at);
CREATE INDEX issue_index_group ON issue_index (group_name, opened_at) WHERE group_name <> '';
CREATE INDEX issue_index_assignee ON issue_index (assignee, opened_at) WHERE assignee <> '';
CREATE INDEX issue_index_labels ON issue_index USING gin (labels jsonb_path_ops) WITH (gin_pending_list_limit = 256);

-- A table of its own, because it changes only when the words do.
CREATE TABLE issue_texts (
  issue_id uuid PRIMARY KEY,
  -- Of the words, to see when they changed.
  digest text COLLATE "C" NOT NULL,
  document tsvector NOT NULL,
  -- Names and titles, for what is written with a mistake or only in part.
  words text NOT NULL
);

CREATE INDEX issue_texts_document ON issue_texts USING gin (document) WITH (gin_pending_list_limit = 256);
CREATE INDEX issue_texts_words ON issue_texts USING gin (words gin_trgm_ops) WITH (gin_pending_list_limit = 256);

-- Searched only for those who may read the evidence.
CREATE TABLE evidence_texts (
  issue_id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  document tsvector NOT NULL
);

CREATE INDEX evidence_texts_document ON evidence_texts USING gin (document) WITH (gin_pending_list_limit = 256);

-- The follower asks for what is new.
CREATE INDEX evidence_at ON evidence (at);
