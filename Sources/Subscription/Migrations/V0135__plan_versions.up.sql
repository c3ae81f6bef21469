-- Versions of plans: what a plan costs from a day on, in several currencies. The row of the plan counts before the first one.
CREATE TABLE main.plan_versions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    plan_id uuid NOT NULL REFERENCES main.plans (id),
    number integer NOT NULL,
    name varchar(100),
    state varchar(10) NOT NULL,
    effective_on varchar(10),
    prices jsonb NOT NULL,
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT plan_versions_number CHECK (number > 0),
    CONSTRAINT plan_versions_state CHECK (state IN ('draft', 'scheduled', 'canceled')),
    CONSTRAINT plan_versions_day CHECK (state <> 'scheduled' OR effective_on IS NOT NULL)
);
COMMENT ON COLUMN main.plan_versions.number IS 'in the order in which they were made, from 1; the row of the plan is version 0';
COMMENT ON COLUMN main.plan_versions.effective_on IS 'the first day that it counts, until the next one does';
CREATE UNIQUE INDEX idx_plan_versions_number ON main.plan_versions (plan_id, number);
CREATE UNIQUE INDEX idx_plan_versions_day ON main.plan_versions (plan_id, effective_on) WHERE state = 'scheduled' AND NOT deleted;
CREATE INDEX idx_plan_versions_plan ON main.plan_versions (plan_id, id) WHERE NOT deleted;
CREATE TRIGGER touch_row BEFORE UPDATE ON main.plan_versions FOR EACH ROW EXECUTE FUNCTION main.touch_row();

-- The version whose price was agreed on; 0 is the row of the plan.
ALTER TABLE main.subscription_billing ADD COLUMN plan_version integer NOT NULL DEFAULT 0;
ALTER TABLE main.subscription_changes ADD COLUMN plan_version integer;
COMMENT ON COLUMN main.subscription_changes.plan_version IS 'the version of the plan whose price counts from that day on';

DO $$
BEGIN
    ALTER TABLE main.plan_versions ENABLE ROW LEVEL SECURITY;
    CREATE POLICY catalogue_read ON main.plan_versions FOR SELECT
        USING ((SELECT current_setting('app.tenant_id', true) <> ''));
    CREATE POLICY catalogue_write ON main.plan_versions
        USING ((SELECT current_setting('app.tenant_id', true) = '*'))
        WITH CHECK (current_setting('app.tenant_id', true) = '*');
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.plan_versions TO subscription_app;
    END IF;
END
$$;
