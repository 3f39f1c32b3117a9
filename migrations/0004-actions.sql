-- What people do to issues (docs/actions.md).

-- Until when a snooze was asked for.
ALTER TABLE timeline ADD COLUMN until timestamptz;

-- The sweeper looks for the ends of snoozes every few seconds.
CREATE INDEX issues_snoozed ON issues (snoozed_until) WHERE snoozed_until IS NOT NULL;
