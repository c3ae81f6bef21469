-- What a move leaves behind: the old copy of a tenant's data, which is removed at `due_at` (after a time, or when an operator
-- has confirmed the move). `tier` is that of the provisioning, which later requests need not name.
ALTER TABLE main.tenant_placements
    ADD COLUMN tier text NOT NULL DEFAULT '',
    ADD COLUMN due_at timestamptz,
    ADD COLUMN claim uuid,
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN last_error text;
COMMENT ON COLUMN main.tenant_placements.due_at IS 'not to be claimed before: the end of the retention, a lease or a back-off; NULL when nothing is to be removed, or the removal was given up';
CREATE INDEX tenant_placements_due ON main.tenant_placements (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX tenant_placements_given_up ON main.tenant_placements (modified_on) WHERE role = 'previous' AND due_at IS NULL;
