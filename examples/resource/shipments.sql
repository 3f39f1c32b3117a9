-- Somebody's table, as an example: nothing in it is there for Faultline. Every write takes the next version.
CREATE SEQUENCE shipment_versions;
CREATE TABLE shipments (
  team text NOT NULL,
  id bigint NOT NULL,
  application text NOT NULL,
  environment text NOT NULL,
  image text NOT NULL,
  phase text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  version bigint NOT NULL DEFAULT nextval('shipment_versions'),
  PRIMARY KEY (team, id)
);
CREATE INDEX shipments_version ON shipments (version);
