-- What shows an issue (docs/adr/0009): written only by reports that carry evidence, read only with a right of its own.
-- A table of its own, so that neither the commit's statement nor the rows of issues grow by it.
CREATE TABLE evidence (
  issue_id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  -- The object that it is about.
  observed jsonb,
  evidence jsonb NOT NULL,
  -- The same as text, for searches.
  text text NOT NULL
);
