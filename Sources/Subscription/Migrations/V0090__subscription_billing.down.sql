CREATE OR REPLACE FUNCTION main.reserve_subscription(
    tenant uuid, plan uuid, tenant_limit integer, plan_limit integer, today text, changed uuid)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    live bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1937072497, uuid_hash(tenant));
    SELECT count(*) INTO live FROM main.subscriptions AS s
    WHERE s.subscriber_id = tenant AND main.is_live(s.status, s.end_date, today) AND NOT s.deleted
        AND s.id IS DISTINCT FROM changed AND (plan_limit IS NULL OR s.plan_id = plan);
    IF live >= coalesce(plan_limit, tenant_limit) THEN
        RAISE EXCEPTION USING ERRCODE = 'ARC01', MESSAGE = 'no place left for another subscription';
    END IF;
END
$$;
DROP TABLE main.subscription_changes;
DROP TABLE main.subscription_billing;
DROP FUNCTION main.touch_subscription_billing();

-- Before, every subscription had an invoice.
ALTER TABLE main.subscriptions DISABLE TRIGGER touch_row;
WITH missing AS MATERIALIZED (
    SELECT s.id, gen_random_uuid() AS invoice, s.subscriber_id, currency.currency_code
    FROM main.subscriptions AS s
        JOIN main.plans AS plan ON plan.id = s.plan_id JOIN main.currencies AS currency ON currency.id = plan.currency_id
    WHERE s.invoice_id IS NULL),
made AS (
    INSERT INTO main.invoice (id, invoice_status, subscription_id, tenant_id, currency_code, subtotal, total)
    SELECT invoice, 'draft', id, subscriber_id, currency_code, 0, 0 FROM missing RETURNING id)
UPDATE main.subscriptions AS s SET invoice_id = missing.invoice FROM missing, made
WHERE missing.id = s.id AND made.id = missing.invoice;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE main.subscriptions ENABLE TRIGGER touch_row;
ALTER TABLE main.subscriptions DROP COLUMN renews, ALTER COLUMN invoice_id SET NOT NULL;
