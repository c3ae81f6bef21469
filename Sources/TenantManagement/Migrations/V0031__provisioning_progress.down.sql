DROP TABLE main.provisioning_commands;
DROP TRIGGER show_provisioning ON main.provisionings;
DROP FUNCTION main.show_provisioning();
DROP INDEX main.idx_provisionings_durations;
ALTER TABLE main.provisionings
    DROP COLUMN state, DROP COLUMN tier, DROP COLUMN reason, DROP COLUMN started_on, DROP COLUMN ended_on,
    DROP COLUMN progress_version, DROP COLUMN steps, DROP COLUMN possible_commands, DROP COLUMN row_version;
