-- What people and time add to issues (docs/adr/0008).

-- A person's due date, when it reopened lately, its severity before it escalated. NULL for most.
ALTER TABLE issues ADD COLUMN lifecycle jsonb;

-- What a line is about: an assignee, a date, a severity, another issue.
ALTER TABLE timeline ADD COLUMN detail jsonb;

-- Explicit links between two issues. No foreign keys: they would put a trigger on every update of an issue.
CREATE TABLE related (
  id uuid PRIMARY KEY,
  source_id uuid NOT NULL,
  target_id uuid NOT NULL,
  actor text NOT NULL,
  at timestamptz NOT NULL,
  CONSTRAINT related_two CHECK (source_id <> target_id)
);

-- Once, in whichever direction.
CREATE UNIQUE INDEX related_pair ON related (least(source_id, target_id), greatest(source_id, target_id));
CREATE INDEX related_source ON related (source_id);
CREATE INDEX related_target ON related (target_id);
