-- Renewals: what is due of subscriptions that the engine bills, as leased work that is fair to tenants.

-- Locks: the table was made by migration 90 and is empty.
CREATE INDEX idx_subscription_billing_work ON main.subscription_billing (tenant_id, due_at) WHERE due_at IS NOT NULL;
-- Locks: the table was made by migration 90 and is empty.
CREATE INDEX idx_subscription_billing_claim ON main.subscription_billing (claim) WHERE claim IS NOT NULL;

-- Tenants take turns: a worker goes from queue to queue, takes a few subscriptions of each, and puts a queue that has more at the end.
CREATE TABLE main.renewal_queues (
    tenant_id uuid PRIMARY KEY,
    due_at timestamptz
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE main.renewal_queues IS 'when to look at the subscriptions of a tenant';
COMMENT ON COLUMN main.renewal_queues.due_at IS 'its turn, never after the first due_at of its subscriptions in the future; NULL: nothing is due ever';
CREATE INDEX idx_renewal_queues_due ON main.renewal_queues (due_at) WHERE due_at IS NOT NULL;
ALTER TABLE main.renewal_queues ENABLE ROW LEVEL SECURITY;
-- Reads evaluate the setting once per statement, writes for each row.
CREATE POLICY tenant_isolation ON main.renewal_queues
    USING (
        (SELECT current_setting('app.tenant_id', true) = '*')
        OR tenant_id::text = (SELECT nullif(current_setting('app.tenant_id', true), '')))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*'
        OR tenant_id::text = nullif(current_setting('app.tenant_id', true), ''));

-- What lives on a test clock is not due by the real time. An advance of the clock looks for what became due (RenewalRepository).
CREATE FUNCTION main.renew_on_test_clock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    clock record;
BEGIN
    SELECT id, instant INTO clock FROM main.test_clocks WHERE tenant_id = NEW.tenant_id ORDER BY instant DESC LIMIT 1;
    IF FOUND THEN
        NEW.test_clock_id := clock.id;
        NEW.due_at := CASE WHEN NEW.parked_on IS NULL AND NEW.next_due_on <= clock.instant THEN now() END;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER on_test_clock BEFORE INSERT OR UPDATE OF next_due_on ON main.subscription_billing
    FOR EACH ROW EXECUTE FUNCTION main.renew_on_test_clock();

-- The row of the queue is locked even if it stays as it is, so that a worker that takes it meanwhile does not miss this one.
CREATE FUNCTION main.queue_renewal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO main.renewal_queues AS queue (tenant_id, due_at) VALUES (NEW.tenant_id, NEW.due_at)
    ON CONFLICT (tenant_id) DO UPDATE SET due_at = excluded.due_at
    WHERE queue.due_at IS NULL OR queue.due_at > excluded.due_at;
    RETURN NULL;
END
$$;
CREATE TRIGGER due AFTER INSERT OR UPDATE OF due_at, tenant_id ON main.subscription_billing
    FOR EACH ROW WHEN (NEW.due_at IS NOT NULL AND NEW.claim IS NULL) EXECUTE FUNCTION main.queue_renewal();

-- Whoever parks a subscription, or lets it go on, says so. The name of the trigger comes after that of the queue, since events lock
-- the lane of their tenant last.
CREATE FUNCTION main.announce_parking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parked constant boolean := NEW.parked_on IS NOT NULL;
BEGIN
    INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
    VALUES (
        gen_random_uuid(), CASE WHEN parked THEN 'SUBSCRIPTION_PARKED' ELSE 'SUBSCRIPTION_UNPARKED' END, 1, NEW.tenant_id,
        date_trunc('milliseconds', now()),
        json_build_object(
            'tenantId', NEW.tenant_id, 'subscriptionId', NEW.id,
            'reason', CASE WHEN parked THEN NEW.parked_reason ELSE OLD.parked_reason END,
            'dueOn', to_char(NEW.next_due_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')));
    RETURN NULL;
END
$$;
CREATE TRIGGER parking AFTER UPDATE OF parked_on ON main.subscription_billing
    FOR EACH ROW WHEN ((OLD.parked_on IS NULL) <> (NEW.parked_on IS NULL)) EXECUTE FUNCTION main.announce_parking();

REVOKE ALL ON FUNCTION main.renew_on_test_clock(), main.queue_renewal(), main.announce_parking() FROM PUBLIC;

-- What migration 90 has left.
INSERT INTO main.renewal_queues (tenant_id, due_at)
SELECT tenant_id, min(due_at) FROM main.subscription_billing WHERE due_at IS NOT NULL GROUP BY tenant_id;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.renewal_queues TO subscription_app;
    END IF;
END
$$;
