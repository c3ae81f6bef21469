-- The original's tables in their final state (contract section 8.2), so that its databases can be adopted.
CREATE SCHEMA IF NOT EXISTS main;

CREATE TABLE main.currencies (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    currency_code varchar(3) NOT NULL UNIQUE,
    currency_name varchar(100) NOT NULL,
    symbol varchar(10),
    country varchar(100),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid NOT NULL,
    modified_by uuid
);

CREATE TABLE main.billing_cycles (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    cycle_name varchar(100) NOT NULL,
    duration integer NOT NULL,
    duration_unit varchar(50) NOT NULL,
    description varchar(500),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid NOT NULL,
    modified_by uuid
);

CREATE TABLE main.plans (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    name varchar(100) NOT NULL,
    description varchar(500),
    price numeric(10, 2),
    currency_id uuid NOT NULL REFERENCES main.currencies (id),
    billing_cycle_id uuid NOT NULL REFERENCES main.billing_cycles (id),
    meta_data jsonb,
    tier text NOT NULL,
    size text,
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid NOT NULL,
    modified_by uuid
);

CREATE TABLE main.billing_customer (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    tenant_id varchar(255) NOT NULL,
    customer_id varchar(255) NOT NULL UNIQUE,
    payment_source_id varchar(255),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid NOT NULL,
    modified_by uuid
);

CREATE TABLE main.invoice (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    invoice_id varchar(255) NOT NULL,
    invoice_status varchar(255),
    billing_customer_id uuid NOT NULL REFERENCES main.billing_customer (id),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid NOT NULL,
    modified_by uuid
);

CREATE TABLE main.subscriptions (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    subscriber_id uuid NOT NULL,
    plan_id uuid NOT NULL REFERENCES main.plans (id),
    start_date varchar(10),
    end_date varchar(10),
    status smallint NOT NULL DEFAULT 0,
    invoice_id uuid NOT NULL REFERENCES main.invoice (id),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid NOT NULL,
    modified_by uuid
);

CREATE TABLE main.resources (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    name varchar(100) NOT NULL,
    config jsonb NOT NULL,
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid NOT NULL,
    modified_by uuid
);

CREATE TABLE main.services (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    name varchar(100) NOT NULL,
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid NOT NULL,
    modified_by uuid
);

CREATE TABLE main.plan_sizes (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    size text NOT NULL CONSTRAINT unique_size_name UNIQUE,
    config jsonb,
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid NOT NULL,
    modified_by uuid
);

CREATE TABLE main.features (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    name text NOT NULL,
    key text NOT NULL,
    description text,
    default_value text,
    type text,
    metadata text,
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by varchar(100),
    modified_by varchar(100)
);

CREATE TABLE main.strategies (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    name text NOT NULL,
    key text NOT NULL,
    priority integer,
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by varchar(100),
    modified_by varchar(100)
);

CREATE TABLE main.feature_values (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    feature_key varchar(50) NOT NULL,
    strategy_key varchar(50) NOT NULL,
    strategy_entity_id uuid,
    status boolean NOT NULL DEFAULT true,
    value text,
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by varchar(100),
    modified_by varchar(100)
);

COMMENT ON COLUMN main.subscriptions.status IS '0 PENDING, 1 ACTIVE, 2 INACTIVE, 3 CANCELLED, 4 EXPIRED';

-- Seeds (contract section 8.4).
INSERT INTO main.currencies (currency_code, currency_name, symbol, country, created_by) VALUES
    ('USD', 'United States Dollar', '$', 'United States', '123e4567-e89b-12d3-a456-426614174000'),
    ('INR', 'Indian Rupee', '₹', 'India', '123e4567-e89b-12d3-a456-426614174001'),
    ('EUR', 'Euro', '€', 'Eurozone', '123e4567-e89b-12d3-a456-426614174002'),
    ('GBP', 'British Pound Sterling', '£', 'United Kingdom', '123e4567-e89b-12d3-a456-426614174003'),
    ('JPY', 'Japanese Yen', '¥', 'Japan', '123e4567-e89b-12d3-a456-426614174004');

INSERT INTO main.billing_cycles (cycle_name, duration, duration_unit, description, created_by) VALUES
    ('WEEKLY', 1, 'week', 'Billing occurs every week.', '123e4567-e89b-12d3-a456-426614174002'),
    ('MONTHLY', 1, 'month', 'Billing occurs every month.', '123e4567-e89b-12d3-a456-426614174002'),
    ('QUARTERLY', 3, 'months', 'Billing occurs every quarter.', '123e4567-e89b-12d3-a456-426614174002'),
    ('HALF_YEARLY', 6, 'months', 'Billing occurs every half year.', '123e4567-e89b-12d3-a456-426614174002'),
    ('YEARLY', 1, 'year', 'Billing occurs every year.', '123e4567-e89b-12d3-a456-426614174002');

INSERT INTO main.plans (name, description, price, currency_id, billing_cycle_id, meta_data, tier, created_by)
SELECT seed.name, seed.description, seed.price, currency.id, cycle.id, '{}', seed.tier,
    '123e4567-e89b-12d3-a456-426614174000'
FROM (VALUES
        ('Standard', 'Standard plan', 50.00, 'STANDARD'),
        ('Premium', 'Premium plan', 150.00, 'PREMIUM')) AS seed (name, description, price, tier)
    CROSS JOIN main.currencies AS currency
    CROSS JOIN main.billing_cycles AS cycle
WHERE currency.currency_code = 'USD' AND cycle.cycle_name = 'MONTHLY';

INSERT INTO main.strategies (name, key, priority) VALUES
    ('System', 'System', 1),
    ('Tenant', 'Tenant', 2),
    ('User', 'User', 3);
