-- Groups of issues (docs/adr/0013): which issue is in which group. Derived from the issues, outside of the commit.
CREATE TABLE group_members (
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  -- metadata.name of the group.
  group_name text COLLATE "C" NOT NULL,
  -- Of what the group takes of the issue: while it is the same, the group needs not be made again.
  digest text COLLATE "C" NOT NULL,
  -- The version of the issue that this was made of.
  change bigint NOT NULL,
  PRIMARY KEY (namespace, name)
);

CREATE INDEX group_members_group ON group_members (group_name, namespace, name);

-- Groups whose content has to be made again; the mark is another one whenever a group is marked.
CREATE TABLE stale_groups (
  name text COLLATE "C" PRIMARY KEY,
  mark uuid NOT NULL DEFAULT gen_random_uuid()
);
