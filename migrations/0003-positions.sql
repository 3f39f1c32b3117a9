-- How far those came who act once on every change (docs/adr/0006): whoever follows next goes on from there.
CREATE TABLE positions (
  name text COLLATE "C" PRIMARY KEY,
  change bigint NOT NULL
);
