-- Subscriptions that the billing engine bills (docs/subscriptions.md): what was agreed at the start, and every change since then.

-- A subscription has no invoice during a trial, or before it starts.
ALTER TABLE main.subscriptions ALTER COLUMN invoice_id DROP NOT NULL;
ALTER TABLE main.subscriptions ADD COLUMN renews boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN main.subscriptions.renews IS 'its end_date is that of a period, and the next one follows: it is not over on that day';

CREATE TABLE main.subscription_billing (
    id uuid PRIMARY KEY REFERENCES main.subscriptions (id),
    tenant_id uuid NOT NULL,
    scenario jsonb NOT NULL,
    time_zone varchar(64) NOT NULL,
    issued integer NOT NULL DEFAULT 0,
    next_due_on timestamptz,
    parked_reason varchar(1000),
    parked_on timestamptz,
    test_clock_id uuid,
    due_at timestamptz,
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error varchar(300),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT subscription_billing_issued CHECK (issued >= 0),
    CONSTRAINT subscription_billing_parked CHECK ((parked_reason IS NULL) = (parked_on IS NULL))
) WITH (fillfactor = 80);
COMMENT ON COLUMN main.subscription_billing.id IS 'that of the subscription';
COMMENT ON COLUMN main.subscription_billing.scenario IS 'what was agreed at the start: a request of POST /billing-preview without until and changes';
COMMENT ON COLUMN main.subscription_billing.issued IS 'invoices that were issued; the next one has the ordinal after it';
COMMENT ON COLUMN main.subscription_billing.next_due_on IS 'when something is due by the calendar of the subscriber; NULL: nothing ever';
COMMENT ON COLUMN main.subscription_billing.due_at IS 'when a worker may claim it: next_due_on, the end of a lease, or a back-off; NULL: not at all';
CREATE INDEX idx_subscription_billing_tenant ON main.subscription_billing (tenant_id, id);
CREATE INDEX idx_subscription_billing_due ON main.subscription_billing (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX idx_subscription_billing_parked ON main.subscription_billing (parked_on, id) WHERE parked_on IS NOT NULL;
CREATE INDEX idx_subscription_billing_clock ON main.subscription_billing (test_clock_id, next_due_on) WHERE test_clock_id IS NOT NULL;
-- The table has no audit block, and claims of workers are no changes of the row.
CREATE FUNCTION main.touch_subscription_billing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.row_version := OLD.row_version + 1;
    NEW.modified_on := date_trunc('milliseconds', current_timestamp);
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION main.touch_subscription_billing() FROM PUBLIC;
CREATE TRIGGER touch_row BEFORE UPDATE OF tenant_id, scenario, time_zone, issued, next_due_on, parked_reason, parked_on
    ON main.subscription_billing FOR EACH ROW EXECUTE FUNCTION main.touch_subscription_billing();

CREATE TABLE main.subscription_changes (
    id uuid PRIMARY KEY,
    subscription_id uuid NOT NULL REFERENCES main.subscription_billing (id),
    tenant_id uuid NOT NULL,
    position integer NOT NULL,
    type varchar(20) NOT NULL,
    state varchar(20) NOT NULL,
    policy varchar(30),
    requested_on varchar(10) NOT NULL,
    effective_on varchar(10),
    plan_id uuid REFERENCES main.plans (id),
    change jsonb NOT NULL,
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT subscription_changes_position CHECK (position > 0),
    CONSTRAINT subscription_changes_state CHECK (state IN ('scheduled', 'applied', 'canceled'))
);
COMMENT ON COLUMN main.subscription_changes.position IS 'the order in which they became known, from 1';
COMMENT ON COLUMN main.subscription_changes.effective_on IS 'the first local day on which it counts';
COMMENT ON COLUMN main.subscription_changes.plan_id IS 'the plan from that day on; NULL: the same one';
COMMENT ON COLUMN main.subscription_changes.change IS 'as an element of `changes` of POST /billing-preview';
CREATE UNIQUE INDEX idx_subscription_changes_position ON main.subscription_changes (subscription_id, position);
CREATE INDEX idx_subscription_changes_tenant ON main.subscription_changes (tenant_id, id);
CREATE INDEX idx_subscription_changes_list ON main.subscription_changes (subscription_id, id) WHERE NOT deleted;
CREATE INDEX idx_subscription_changes_plan ON main.subscription_changes (plan_id);
CREATE TRIGGER touch_row BEFORE UPDATE ON main.subscription_changes FOR EACH ROW EXECUTE FUNCTION main.touch_row();

DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['subscription_billing', 'subscription_changes']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', entity);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON main.%I
                USING (
                    (SELECT current_setting(''app.tenant_id'', true) = ''*'')
                    OR tenant_id::text = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')))
                WITH CHECK (
                    current_setting(''app.tenant_id'', true) = ''*''
                    OR tenant_id::text = nullif(current_setting(''app.tenant_id'', true), ''''))',
            entity);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.subscription_billing, main.subscription_changes TO subscription_app;
    END IF;
END
$$;

-- As in migration 12; what renews is not over on its end date.
CREATE OR REPLACE FUNCTION main.reserve_subscription(
    tenant uuid, plan uuid, tenant_limit integer, plan_limit integer, today text, changed uuid)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    live bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1937072497, uuid_hash(tenant));
    SELECT count(*) INTO live FROM main.subscriptions AS s
    WHERE s.subscriber_id = tenant AND ((s.status = 1 AND s.renews) OR main.is_live(s.status, s.end_date, today)) AND NOT s.deleted
        AND s.id IS DISTINCT FROM changed AND (plan_limit IS NULL OR s.plan_id = plan);
    IF live >= coalesce(plan_limit, tenant_limit) THEN
        RAISE EXCEPTION USING ERRCODE = 'ARC01', MESSAGE = 'no place left for another subscription';
    END IF;
END
$$;
