ALTER TABLE main.provisioning_runs DROP COLUMN unavailable_since;
