ALTER TABLE main.tenant_placements
    DROP COLUMN tier, DROP COLUMN due_at, DROP COLUMN claim, DROP COLUMN attempts, DROP COLUMN last_error;
