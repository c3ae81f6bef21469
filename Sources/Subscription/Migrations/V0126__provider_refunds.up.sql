-- Refunds that a billing provider has to pay out: credit notes on invoices that it has collected.
CREATE TABLE main.provider_refunds (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    invoice_id uuid,
    payment varchar(100) NOT NULL DEFAULT '',
    amount bigint NOT NULL DEFAULT 0,
    currency_code varchar(3),
    refund varchar(100),
    failure_code varchar(100),
    refunded_on timestamptz,
    due_at timestamptz,
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error varchar(300),
    row_version bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 80);
COMMENT ON COLUMN main.provider_refunds.id IS 'that of the credit note';
COMMENT ON COLUMN main.provider_refunds.payment IS 'the payment as the provider calls it';
COMMENT ON COLUMN main.provider_refunds.failure_code IS 'why the provider refuses it: somebody has to pay it out in another way';
CREATE INDEX idx_provider_refunds_tenant ON main.provider_refunds (tenant_id, id);
CREATE INDEX idx_provider_refunds_due ON main.provider_refunds (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX idx_provider_refunds_claim ON main.provider_refunds (claim) WHERE claim IS NOT NULL;
CREATE INDEX idx_provider_refunds_failed ON main.provider_refunds (id) WHERE failure_code IS NOT NULL;

-- Whoever makes a credit note that is a refund.
CREATE FUNCTION main.refund_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO main.provider_refunds (id, tenant_id, invoice_id, payment, amount, currency_code, due_at)
    SELECT NEW.id, NEW.tenant_id, NEW.invoice_id, id_at_gateway, NEW.total, NEW.currency_code, now()
    FROM main.billing_payments
    WHERE invoice_id = NEW.invoice_id AND status = 'success' AND payment_method = 'payment_source' AND NOT deleted
        AND id_at_gateway IS NOT NULL AND NEW.tenant_id IS NOT NULL AND NEW.total > 0
    ORDER BY created_on DESC LIMIT 1
    ON CONFLICT (id) DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER pay_out AFTER INSERT ON main.credit_notes
    FOR EACH ROW WHEN (NEW.destination = 'refund' AND NEW.sequence IS NOT NULL) EXECUTE FUNCTION main.refund_credit_note();
REVOKE ALL ON FUNCTION main.refund_credit_note() FROM PUBLIC;

ALTER TABLE main.provider_refunds ENABLE ROW LEVEL SECURITY;
-- Reads evaluate the setting once per statement, writes for each row.
CREATE POLICY tenant_isolation ON main.provider_refunds
    USING (
        (SELECT current_setting('app.tenant_id', true) = '*')
        OR tenant_id::text = (SELECT nullif(current_setting('app.tenant_id', true), '')))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*'
        OR tenant_id::text = nullif(current_setting('app.tenant_id', true), ''));
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.provider_refunds TO subscription_app;
    END IF;
END
$$;
