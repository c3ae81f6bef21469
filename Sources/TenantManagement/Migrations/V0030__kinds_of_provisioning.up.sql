-- The orchestrator also removes and moves what it has made. Each request has a row, whose id is the context of its event and of
-- the signatures of its callbacks.
ALTER TABLE main.provisionings ADD COLUMN kind smallint NOT NULL DEFAULT 0,
    ADD CONSTRAINT provisionings_kind CHECK (kind IN (0, 1, 2));
COMMENT ON COLUMN main.provisionings.kind IS '0 provision, 1 deprovision, 2 move';
