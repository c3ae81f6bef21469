-- Changes of the prices of those who have subscribed: leased work that goes through the subscriptions of a plan.
CREATE TABLE main.plan_repricings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    plan_id uuid NOT NULL REFERENCES main.plans (id),
    version_id uuid NOT NULL REFERENCES main.plan_versions (id),
    is_dry_run boolean NOT NULL,
    note varchar(200),
    state varchar(10) NOT NULL DEFAULT 'running',
    prices jsonb NOT NULL,
    checked integer NOT NULL DEFAULT 0,
    affected integer NOT NULL DEFAULT 0,
    skipped integer NOT NULL DEFAULT 0,
    totals jsonb,
    last_subscription_id uuid,
    due_at timestamptz DEFAULT now(),
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error varchar(300),
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT plan_repricings_state CHECK (state IN ('running', 'done', 'failed', 'canceled'))
) WITH (fillfactor = 70);
COMMENT ON COLUMN main.plan_repricings.last_subscription_id IS 'the last one that was looked at, in the order of their ids';
COMMENT ON COLUMN main.plan_repricings.due_at IS 'when a worker may go on: at once, the end of a lease, or a back-off; NULL: it is over';
CREATE INDEX idx_plan_repricings_due ON main.plan_repricings (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX idx_plan_repricings_claim ON main.plan_repricings (claim) WHERE claim IS NOT NULL;
CREATE INDEX idx_plan_repricings_plan ON main.plan_repricings (plan_id, id);
CREATE INDEX idx_plan_repricings_version ON main.plan_repricings (version_id);
CREATE UNIQUE INDEX idx_plan_repricings_running ON main.plan_repricings (plan_id) WHERE state = 'running' AND NOT is_dry_run AND NOT deleted;
CREATE TRIGGER touch_row BEFORE UPDATE ON main.plan_repricings FOR EACH ROW EXECUTE FUNCTION main.touch_row();

CREATE TABLE main.repriced_subscriptions (
    id uuid PRIMARY KEY,
    repricing_id uuid NOT NULL REFERENCES main.plan_repricings (id),
    tenant_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    state varchar(10) NOT NULL,
    reason varchar(20),
    currency varchar(3),
    quantity varchar(40),
    price_before varchar(40),
    price_after varchar(40),
    monthly_before varchar(40),
    monthly_after varchar(40),
    difference varchar(40),
    effective_on varchar(10),
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT repriced_subscriptions_state CHECK (state IN ('affected', 'skipped'))
);
CREATE UNIQUE INDEX idx_repriced_subscriptions_once ON main.repriced_subscriptions (repricing_id, subscription_id);
CREATE INDEX idx_repriced_subscriptions_list ON main.repriced_subscriptions (repricing_id, id);
CREATE INDEX idx_repriced_subscriptions_tenant ON main.repriced_subscriptions (tenant_id, id);

DO $$
BEGIN
    ALTER TABLE main.plan_repricings ENABLE ROW LEVEL SECURITY;
    CREATE POLICY operators ON main.plan_repricings
        USING ((SELECT current_setting('app.tenant_id', true) = '*'))
        WITH CHECK (current_setting('app.tenant_id', true) = '*');
    ALTER TABLE main.repriced_subscriptions ENABLE ROW LEVEL SECURITY;
    CREATE POLICY tenant_isolation ON main.repriced_subscriptions
        USING (
            (SELECT current_setting('app.tenant_id', true) = '*')
            OR tenant_id::text = (SELECT nullif(current_setting('app.tenant_id', true), '')))
        WITH CHECK (current_setting('app.tenant_id', true) = '*');
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.plan_repricings TO subscription_app;
        GRANT SELECT, INSERT ON main.repriced_subscriptions TO subscription_app;
    END IF;
END
$$;
