-- The day of the month that periods start on: it returns after a shorter month (31 January, 28 February, 31 March).
ALTER TABLE main.subscriptions
    ADD COLUMN billing_anchor_day smallint CHECK (billing_anchor_day BETWEEN 1 AND 31);

-- An invoice is ours before a billing provider knows it: draft, with tenant, currency and sums of its own. Amounts are
-- in minor units of the currency; a period is half-open, its end is the first day of the next one.
ALTER TABLE main.invoice
    ALTER COLUMN invoice_id DROP NOT NULL,
    ALTER COLUMN billing_customer_id DROP NOT NULL,
    ADD COLUMN subscription_id uuid REFERENCES main.subscriptions (id) DEFERRABLE INITIALLY DEFERRED,
    ADD COLUMN tenant_id uuid,
    ADD COLUMN currency_code varchar(3),
    ADD COLUMN subtotal bigint,
    ADD COLUMN total bigint,
    ADD COLUMN period_start varchar(10),
    ADD COLUMN period_end varchar(10) CHECK (period_end > period_start),
    ADD COLUMN issued_on varchar(10),
    ADD CONSTRAINT invoice_has_payer CHECK (
        billing_customer_id IS NOT NULL
        OR (tenant_id IS NOT NULL AND currency_code IS NOT NULL AND subtotal IS NOT NULL AND total IS NOT NULL));
CREATE INDEX idx_invoice_subscription ON main.invoice (subscription_id);
CREATE INDEX idx_invoice_tenant ON main.invoice (tenant_id);

CREATE TABLE main.invoice_lines (
    id uuid PRIMARY KEY,
    invoice_id uuid NOT NULL REFERENCES main.invoice (id),
    position smallint NOT NULL CHECK (position > 0),
    description varchar(500) NOT NULL,
    plan_id uuid REFERENCES main.plans (id),
    quantity bigint NOT NULL CHECK (quantity >= 0),
    unit_amount bigint NOT NULL,
    amount bigint NOT NULL,
    period_start varchar(10) NOT NULL,
    period_end varchar(10) NOT NULL CHECK (period_end > period_start),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX idx_invoice_lines_position ON main.invoice_lines (invoice_id, position) WHERE NOT deleted;
CREATE INDEX idx_invoice_lines_plan ON main.invoice_lines (plan_id);
CREATE TRIGGER touch_row BEFORE UPDATE ON main.invoice_lines FOR EACH ROW EXECUTE FUNCTION main.touch_row();

-- What is known of older rows, without counting as a change of them.
ALTER TABLE main.invoice DISABLE TRIGGER touch_row;
ALTER TABLE main.subscriptions DISABLE TRIGGER touch_row;
UPDATE main.subscriptions SET billing_anchor_day = substr(start_date, 9, 2)::smallint
WHERE start_date ~ '^\d{4}-\d{2}-(0[1-9]|[12]\d|3[01])$'
    -- Rows that break the checks of migration 3, which are not valid, can be read but not touched.
    AND status BETWEEN 0 AND 4 AND (end_date >= start_date) IS NOT FALSE;
UPDATE main.invoice SET tenant_id = customer.tenant_id::uuid
FROM main.billing_customer AS customer
WHERE customer.id = invoice.billing_customer_id
    AND customer.tenant_id ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
UPDATE main.invoice SET subscription_id = billed.id, tenant_id = coalesce(tenant_id, billed.subscriber_id)
FROM (
    SELECT DISTINCT ON (invoice_id) invoice_id, id, subscriber_id FROM main.subscriptions ORDER BY invoice_id, created_on
) AS billed
WHERE billed.invoice_id = invoice.id;
-- The foreign key is checked now: with checks pending, the table could not be altered.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE main.subscriptions ENABLE TRIGGER touch_row;
ALTER TABLE main.invoice ENABLE TRIGGER touch_row;

-- Takes one of a tenant's places for live subscriptions (PENDING, ACTIVE) until the end of the transaction. The lock
-- makes those who want a place for the same tenant wait for each other, so that the count is exact. With plan_limit the
-- plan has places of its own, and only its subscriptions are counted. 1937072497 is 'subq' in ASCII: a lock space of
-- its own.
CREATE FUNCTION main.reserve_subscription(tenant uuid, plan uuid, tenant_limit integer, plan_limit integer)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    live bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1937072497, uuid_hash(tenant));
    SELECT count(*) INTO live FROM main.subscriptions
    WHERE subscriber_id = tenant AND status IN (0, 1) AND NOT deleted AND (plan_limit IS NULL OR plan_id = plan);
    IF live >= coalesce(plan_limit, tenant_limit) THEN
        RAISE EXCEPTION USING ERRCODE = 'ARC01', MESSAGE = 'no place left for another subscription';
    END IF;
END
$$;
