-- What a later release could need: columns, a rule, and a table of its own. Old nodes know nothing of it.
ALTER TABLE main.tenants ADD COLUMN scale_test_segment text;
ALTER TABLE main.tenants ADD COLUMN scale_test_rank integer NOT NULL DEFAULT 0;
ALTER TABLE main.tenants ADD CONSTRAINT tenants_scale_test_rank CHECK (scale_test_rank >= 0) NOT VALID;
ALTER TABLE main.contacts ADD COLUMN scale_test_title text;
CREATE TABLE main.scale_test_segments (
    id uuid PRIMARY KEY,
    name text NOT NULL
);
CREATE INDEX scale_test_segments_name ON main.scale_test_segments (name);
