DROP TABLE main.provisioning_commands;
DROP TRIGGER show_provisioning ON main.provisionings;
DROP FUNCTION main.show_provisioning();
DROP INDEX main.idx_provisionings_durations;
ALTER POLICY tenant_isolation ON main.provisionings WITH CHECK (
    current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true));
ALTER TABLE main.provisionings
    ADD CONSTRAINT provisionings_status CHECK (status IN (0, 1, 2)), DROP COLUMN kind,
    DROP COLUMN state, DROP COLUMN tier, DROP COLUMN reason, DROP COLUMN started_on, DROP COLUMN ended_on,
    DROP COLUMN progress_version, DROP COLUMN steps, DROP COLUMN possible_commands, DROP COLUMN row_version;
