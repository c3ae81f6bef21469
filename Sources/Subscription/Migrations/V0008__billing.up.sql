-- What a client says of an invoice besides its charges, and charges that are for no period.
ALTER TABLE main.invoice
    ADD COLUMN options jsonb,
    ADD COLUMN shipping_address jsonb;
ALTER TABLE main.invoice_lines
    ALTER COLUMN period_start DROP NOT NULL,
    ALTER COLUMN period_end DROP NOT NULL;

-- What came of attempts to pay invoices. Amounts are in minor units of the invoice's currency.
CREATE TABLE main.billing_payments (
    id uuid PRIMARY KEY,
    invoice_id uuid NOT NULL REFERENCES main.invoice (id),
    tenant_id uuid,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency_code varchar(3),
    payment_method varchar(20) NOT NULL,
    payment_source_id varchar(255),
    reference_number varchar(100),
    custom_payment_method_id varchar(50),
    id_at_gateway varchar(100),
    status varchar(20) NOT NULL CHECK (status IN ('success', 'failure', 'pending')),
    paid_on timestamptz NOT NULL,
    error_code varchar(100),
    error_text text,
    comment varchar(300),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1
);
CREATE INDEX idx_billing_payments_invoice ON main.billing_payments (invoice_id);
CREATE INDEX idx_billing_payments_tenant ON main.billing_payments (tenant_id);
-- Whatever else goes wrong, an invoice is paid once.
CREATE UNIQUE INDEX idx_billing_payments_success ON main.billing_payments (invoice_id)
    WHERE status = 'success' AND NOT deleted;

-- What the built-in billing provider knows of a customer; the row of the service has the same id.
CREATE TABLE main.ledger_customers (
    id uuid PRIMARY KEY REFERENCES main.billing_customer (id),
    tenant_id varchar(255) NOT NULL,
    first_name varchar(255),
    last_name varchar(255),
    email varchar(320),
    company varchar(255),
    phone varchar(50),
    billing_address jsonb,
    options jsonb,
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1
);
CREATE INDEX idx_ledger_customers_tenant ON main.ledger_customers (tenant_id);

-- Cards by what may be kept of them: never a number, never a verification code.
CREATE TABLE main.ledger_payment_sources (
    id uuid PRIMARY KEY,
    source_id varchar(255) NOT NULL UNIQUE,
    customer_id varchar(255) NOT NULL REFERENCES main.billing_customer (customer_id),
    tenant_id varchar(255) NOT NULL,
    gateway_account_id varchar(255),
    last4 varchar(4) NOT NULL CHECK (last4 ~ '^[0-9]{4}$'),
    expiry_month smallint NOT NULL CHECK (expiry_month BETWEEN 1 AND 12),
    expiry_year smallint NOT NULL CHECK (expiry_year BETWEEN 2000 AND 9999),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1
);
CREATE INDEX idx_ledger_payment_sources_customer ON main.ledger_payment_sources (customer_id);
CREATE INDEX idx_ledger_payment_sources_tenant ON main.ledger_payment_sources (tenant_id);

DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['billing_payments', 'ledger_customers', 'ledger_payment_sources']
    LOOP
        EXECUTE format(
            'CREATE TRIGGER touch_row BEFORE UPDATE ON main.%I FOR EACH ROW EXECUTE FUNCTION main.touch_row()', entity);
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', entity);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON main.%I USING (
                current_setting(''app.tenant_id'', true) = ''*''
                OR (tenant_id::text = current_setting(''app.tenant_id'', true) AND tenant_id::text <> ''''))', entity);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.billing_payments, main.ledger_customers, main.ledger_payment_sources
            TO subscription_app;
    END IF;
END
$$;
