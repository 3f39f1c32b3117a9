-- Resources that a configuration adds (docs/adr/0005).

-- What is served of them; their changes are in the table changes.
CREATE TABLE objects (
  resource text COLLATE "C" NOT NULL,
  -- '' for a resource without namespaces.
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  object json NOT NULL,
  change bigint NOT NULL,
  PRIMARY KEY (resource, namespace, name)
);

-- Who writes the objects of a resource: one server at a time, known by its epoch.
CREATE TABLE feeds (
  resource text COLLATE "C" PRIMARY KEY,
  holder text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  -- Whether the objects were complete once: before that nobody is told that one does not exist.
  filled boolean NOT NULL DEFAULT false
);
