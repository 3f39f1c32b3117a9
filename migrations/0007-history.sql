-- How issues were (docs/history.md, docs/adr/0010).

-- With what it takes to show an issue as it was when an episode ended.
ALTER TABLE episodes
  ADD COLUMN uid uuid,
  ADD COLUMN created_at timestamptz,
  ADD COLUMN generation bigint,
  ADD COLUMN labels jsonb,
  ADD COLUMN observed jsonb,
  ADD COLUMN occurrences bigint,
  ADD COLUMN last_seen_at timestamptz;

-- Of episodes before this table knew, what is known now.
UPDATE episodes e SET uid = i.uid, created_at = i.created_at, generation = i.generation, labels = i.labels,
  occurrences = i.occurrences, last_seen_at = e.resolved_at
FROM issues i WHERE i.id = e.issue_id;

-- Those whose issue went with its namespace belong to nobody.
DELETE FROM episodes WHERE uid IS NULL;

ALTER TABLE episodes
  ALTER COLUMN uid SET NOT NULL,
  ALTER COLUMN created_at SET NOT NULL,
  ALTER COLUMN generation SET NOT NULL,
  ALTER COLUMN labels SET NOT NULL,
  ALTER COLUMN occurrences SET NOT NULL,
  ALTER COLUMN last_seen_at SET NOT NULL;

-- Which episodes a moment was in.
CREATE INDEX episodes_during ON episodes USING gist (tstzrange(opened_at, resolved_at, '[]'));

-- What an Active issue said before it said something else, partitioned as episodes are. Written only when that happens.
CREATE TABLE contents (
  issue_id uuid NOT NULL,
  -- Of the episode.
  number bigint NOT NULL,
  -- When it was seen with the next one.
  until timestamptz NOT NULL,
  -- Breaks ties: the order in which they were stored.
  change bigint NOT NULL,
  place integer NOT NULL,
  generation bigint NOT NULL,
  spec jsonb NOT NULL,
  labels jsonb NOT NULL,
  observed jsonb,
  occurrences bigint NOT NULL,
  last_seen_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (issue_id, number, until, change, place, recorded_at)
) PARTITION BY RANGE (recorded_at);
