-- Since when something that the provisioner of a run depends on has been away: outages count time, not attempts.
ALTER TABLE main.provisioning_runs ADD COLUMN unavailable_since timestamptz;
-- What is over needs no secret any more.
UPDATE main.provisioning_runs SET sealed_event = NULL WHERE due_at IS NULL AND sealed_event IS NOT NULL;
