-- How invoices of the billing engine are collected: automatically, or by hand with reminders. Errors: ARC12, a payment of the invoice is
-- under way and its outcome is not known yet.
ALTER TABLE main.invoice ADD COLUMN collection_method varchar(20);
COMMENT ON COLUMN main.invoice.collection_method IS 'automatic or send_invoice; NULL: nobody collects it';
ALTER TABLE main.subscription_billing ADD COLUMN collection_method varchar(20);
COMMENT ON COLUMN main.subscription_billing.collection_method IS 'that of its invoices from now on';
ALTER TABLE main.subscriptions ADD COLUMN payment_state varchar(10);
COMMENT ON COLUMN main.subscriptions.payment_state IS 'past_due: an invoice is late; unpaid: collecting it has ended without a payment; NULL: neither';

CREATE TABLE main.invoice_collections (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    subscription_id uuid,
    method varchar(20) NOT NULL DEFAULT 'automatic',
    state varchar(20) NOT NULL DEFAULT 'waiting',
    failures integer NOT NULL DEFAULT 0,
    next_due_on timestamptz,
    planned_on timestamptz,
    is_extra boolean NOT NULL DEFAULT false,
    attempt integer NOT NULL DEFAULT 0,
    attempted_on timestamptz,
    source_id varchar(255),
    amount bigint,
    failure_code varchar(100),
    paused_on timestamptz,
    due_at timestamptz,
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error varchar(300),
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT invoice_collections_method CHECK (method IN ('automatic', 'send_invoice')),
    CONSTRAINT invoice_collections_state CHECK (state IN ('waiting', 'past_due', 'unpaid', 'recovering', 'settled')),
    CONSTRAINT invoice_collections_attempt CHECK ((attempted_on IS NULL) = (amount IS NULL))
) WITH (fillfactor = 80);
COMMENT ON COLUMN main.invoice_collections.id IS 'that of the invoice';
COMMENT ON COLUMN main.invoice_collections.failures IS 'failed payments, or reminders, of the schedule';
COMMENT ON COLUMN main.invoice_collections.next_due_on IS 'when something is due by the time of the tenant; NULL: nothing ever';
COMMENT ON COLUMN main.invoice_collections.planned_on IS 'when the next step of the schedule is due';
COMMENT ON COLUMN main.invoice_collections.is_extra IS 'what is due next is an attempt that is no step of the schedule';
COMMENT ON COLUMN main.invoice_collections.attempt IS 'payments that were begun; the last one has this number';
COMMENT ON COLUMN main.invoice_collections.attempted_on IS 'when a payment was begun whose outcome is not known; NULL: there is none';
COMMENT ON COLUMN main.invoice_collections.due_at IS 'when a worker may claim it: next_due_on, the end of a lease, or a back-off; NULL: not at all';
CREATE INDEX idx_invoice_collections_tenant ON main.invoice_collections (tenant_id, id);
CREATE INDEX idx_invoice_collections_due ON main.invoice_collections (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX idx_invoice_collections_claim ON main.invoice_collections (claim) WHERE claim IS NOT NULL;
CREATE INDEX idx_invoice_collections_clock ON main.invoice_collections (tenant_id, next_due_on) WHERE next_due_on IS NOT NULL;
CREATE INDEX idx_invoice_collections_late ON main.invoice_collections (tenant_id, subscription_id)
    WHERE state IN ('past_due', 'unpaid');
CREATE INDEX idx_invoice_collections_state ON main.invoice_collections (state, id) WHERE state <> 'settled';
CREATE INDEX idx_invoice_collections_doubt ON main.invoice_collections (attempted_on) WHERE attempted_on IS NOT NULL;

-- Claims of workers are no changes of the row.
CREATE FUNCTION main.touch_invoice_collection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.row_version := OLD.row_version + 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER touch_row BEFORE UPDATE OF state, failures, next_due_on, attempt, attempted_on, failure_code, paused_on
    ON main.invoice_collections FOR EACH ROW EXECUTE FUNCTION main.touch_invoice_collection();

-- When a worker may claim it. What lives on a test clock is not due by the real time; an advance of the clock looks for what became due.
CREATE FUNCTION main.schedule_collection() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    clock timestamptz;
BEGIN
    -- What was begun is finished, even if it was paused meanwhile.
    NEW.due_at := CASE WHEN NEW.paused_on IS NULL OR NEW.attempted_on IS NOT NULL THEN NEW.next_due_on END;
    IF NEW.due_at IS NOT NULL THEN
        SELECT max(instant) INTO clock FROM main.test_clocks WHERE tenant_id = NEW.tenant_id;
        IF clock IS NOT NULL THEN
            NEW.due_at := CASE WHEN NEW.next_due_on <= clock THEN now() END;
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER schedule BEFORE INSERT OR UPDATE OF next_due_on, paused_on ON main.invoice_collections
    FOR EACH ROW EXECUTE FUNCTION main.schedule_collection();

-- Whoever issues an invoice begins to collect it, and whoever closes one ends that: payments, credit notes, operators, providers.
CREATE FUNCTION main.collect_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text := 'none';
    stage constant text := main.invoice_stage(NEW.number, NEW.invoice_status, NEW.deleted);
    zone text;
    due timestamptz;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        was := main.invoice_stage(OLD.number, OLD.invoice_status, OLD.deleted);
    END IF;
    IF stage = was OR stage = 'none' THEN
        RETURN NULL;
    END IF;
    IF was = 'none' THEN
        -- Those without a sequence come from another installation, with their collections.
        IF stage <> 'open' OR NEW.sequence IS NULL OR NEW.tenant_id IS NULL THEN
            RETURN NULL;
        END IF;
        SELECT time_zone INTO zone FROM main.subscription_billing WHERE id = NEW.subscription_id;
        IF NEW.collection_method = 'send_invoice' THEN
            due := (NEW.due_on::date + 1)::timestamp AT TIME ZONE coalesce(zone, 'UTC');
        ELSIF EXISTS (SELECT FROM main.test_clocks WHERE tenant_id = NEW.tenant_id) THEN
            -- A clock that has moved by months has passed the days on which the invoices were issued.
            due := NEW.issued_on::date::timestamp AT TIME ZONE coalesce(zone, 'UTC');
        ELSE
            due := now();
        END IF;
        INSERT INTO main.invoice_collections (id, tenant_id, subscription_id, method, next_due_on, planned_on)
        VALUES (NEW.id, NEW.tenant_id, NEW.subscription_id, NEW.collection_method, due, due)
        ON CONFLICT (id) DO NOTHING;
    ELSIF stage = 'open' THEN
        -- A payment was taken back.
        UPDATE main.invoice_collections SET state = 'past_due', next_due_on = main.tenant_now(tenant_id), planned_on = NULL
        WHERE id = NEW.id;
    ELSIF stage = 'uncollectible' THEN
        -- It is still owed, but nobody tries any more.
        UPDATE main.invoice_collections
        SET state = CASE state WHEN 'waiting' THEN 'settled' WHEN 'past_due' THEN 'unpaid' ELSE state END,
            next_due_on = NULL, planned_on = NULL, is_extra = false, claim = NULL
        WHERE id = NEW.id AND state IN ('waiting', 'past_due', 'unpaid');
    ELSE
        UPDATE main.invoice_collections
        SET state = CASE state WHEN 'waiting' THEN 'settled' ELSE 'recovering' END,
            next_due_on = CASE WHEN state <> 'waiting' THEN main.tenant_now(tenant_id) END, planned_on = NULL,
            is_extra = false, attempted_on = NULL, source_id = NULL, amount = NULL, paused_on = NULL, claim = NULL, attempts = 0,
            last_error = NULL
        WHERE id = NEW.id AND state IN ('waiting', 'past_due', 'unpaid');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER collect_new AFTER INSERT ON main.invoice
    FOR EACH ROW WHEN (NEW.collection_method IS NOT NULL) EXECUTE FUNCTION main.collect_invoice();
CREATE TRIGGER collect AFTER UPDATE OF invoice_status, deleted ON main.invoice
    FOR EACH ROW WHEN (NEW.collection_method IS NOT NULL) EXECUTE FUNCTION main.collect_invoice();

-- While nobody knows whether the customer has paid, nothing else is decided about the invoice.
CREATE FUNCTION main.await_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('app.collecting', true), '') <> NEW.id::text
        AND EXISTS (SELECT FROM main.invoice_collections WHERE id = NEW.id AND attempted_on IS NOT NULL)
    THEN
        RAISE EXCEPTION 'a payment of the invoice is under way' USING ERRCODE = 'ARC12',
            DETAIL = 'The outcome of a payment of the invoice is not known yet.';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER await_payment BEFORE UPDATE OF invoice_status, credited, deleted ON main.invoice
    FOR EACH ROW WHEN (
        OLD.collection_method IS NOT NULL AND (NEW.invoice_status IS DISTINCT FROM OLD.invoice_status
            OR NEW.credited IS DISTINCT FROM OLD.credited OR NEW.deleted <> OLD.deleted))
    EXECUTE FUNCTION main.await_payment();

-- Which tenants are to be suspended because of what they owe. The version says which of two reports is the newer one.
CREATE TABLE main.billing_standings (
    tenant_id uuid PRIMARY KEY,
    is_suspended boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 1
);

REVOKE ALL ON FUNCTION main.touch_invoice_collection(), main.schedule_collection(), main.collect_invoice(), main.await_payment()
    FROM PUBLIC;
DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['invoice_collections', 'billing_standings']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', owned);
        -- Reads evaluate the setting once per statement, writes for each row.
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON main.%I
                USING (
                    (SELECT current_setting(''app.tenant_id'', true) = ''*'')
                    OR tenant_id::text = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')))
                WITH CHECK (
                    current_setting(''app.tenant_id'', true) = ''*''
                    OR tenant_id::text = nullif(current_setting(''app.tenant_id'', true), ''''))',
            owned);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.invoice_collections, main.billing_standings TO subscription_app;
    END IF;
END
$$;
