ALTER TABLE main.subscription_changes DROP COLUMN plan_version;
ALTER TABLE main.subscription_billing DROP COLUMN plan_version;
DROP TABLE main.plan_versions;
