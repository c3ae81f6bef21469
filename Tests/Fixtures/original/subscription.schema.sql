-- Tables of the subscription service.
CREATE SCHEMA main;

DO $$
DECLARE
    own record;
BEGIN
    FOR own IN
        SELECT * FROM (VALUES
            ('currencies', 'currency_code varchar(3) NOT NULL UNIQUE, currency_name varchar(100) NOT NULL, symbol varchar(10), country varchar(100)'),
            ('billing_cycles', 'cycle_name varchar(100) NOT NULL, duration integer NOT NULL, duration_unit varchar(50) NOT NULL, description varchar(500)'),
            ('plans', 'name varchar(100) NOT NULL, description varchar(500), price decimal(10, 2), currency_id uuid NOT NULL, billing_cycle_id uuid NOT NULL, meta_data jsonb'),
            ('subscriptions', 'subscriber_id uuid NOT NULL, plan_id uuid NOT NULL, start_date varchar(10), end_date varchar(10), status smallint NOT NULL DEFAULT 0'),
            ('resources', 'name varchar(100) NOT NULL, config jsonb NOT NULL'),
            ('services', 'name varchar(100) NOT NULL'),
            ('billing_customer', 'tenant_id varchar(255) NOT NULL, customer_id varchar(255) NOT NULL UNIQUE, payment_source_id varchar(255)'),
            ('invoice', 'invoice_id varchar(255) NOT NULL, invoice_status varchar(255), billing_customer_id uuid NOT NULL'),
            ('plan_sizes', 'size text NOT NULL, config jsonb')
        ) AS entity (name, columns)
    LOOP
        EXECUTE format(
            'CREATE TABLE main.%I (id uuid NOT NULL DEFAULT (md5((random())::text || (clock_timestamp())::text))::uuid PRIMARY KEY, %s, '
            'created_on timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, modified_on timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, '
            'deleted boolean NOT NULL DEFAULT false, deleted_on timestamptz, deleted_by uuid, created_by uuid NOT NULL, modified_by uuid)',
            own.name, own.columns);
    END LOOP;
    -- The tables of the feature toggles came later, with users as texts.
    FOR own IN
        SELECT * FROM (VALUES
            ('features', 'name text NOT NULL, key text NOT NULL, description text, default_value text, type text, metadata text'),
            ('strategies', 'name text NOT NULL, key text NOT NULL, priority integer'),
            ('feature_values', 'feature_key varchar(50) NOT NULL, strategy_key varchar(50) NOT NULL, strategy_entity_id uuid, status boolean NOT NULL DEFAULT true, value text')
        ) AS entity (name, columns)
    LOOP
        EXECUTE format(
            'CREATE TABLE main.%I (id uuid NOT NULL DEFAULT (md5((random())::text || (clock_timestamp())::text))::uuid PRIMARY KEY, '
            'created_on timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, modified_on timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, '
            'deleted boolean NOT NULL DEFAULT false, deleted_on timestamptz, deleted_by uuid, created_by varchar(100), modified_by varchar(100), %s)',
            own.name, own.columns);
    END LOOP;
END
$$;

ALTER TABLE main.plans
    ADD CONSTRAINT fk_plans_currencies FOREIGN KEY (currency_id) REFERENCES main.currencies (id),
    ADD CONSTRAINT fk_plans_billing_cycles FOREIGN KEY (billing_cycle_id) REFERENCES main.billing_cycles (id),
    ADD tier text NOT NULL,
    ADD size text;
-- The same key twice.
ALTER TABLE main.subscriptions
    ADD CONSTRAINT fk_subscriptions_plans FOREIGN KEY (plan_id) REFERENCES main.plans (id),
    ADD CONSTRAINT subscriptions_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES main.plans (id),
    ADD invoice_id uuid NOT NULL,
    ADD CONSTRAINT fk_subscriptions_invoice FOREIGN KEY (invoice_id) REFERENCES main.invoice (id);
ALTER TABLE main.invoice
    ADD CONSTRAINT fk_invoice_customer FOREIGN KEY (billing_customer_id) REFERENCES main.billing_customer (id);
ALTER TABLE main.plan_sizes ADD CONSTRAINT unique_size_name UNIQUE (size);

CREATE TABLE main.migrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);
INSERT INTO main.migrations (name, run_on)
SELECT '/' || name, '2024-08-10 10:00:00' FROM unnest(ARRAY[
    '20240205055601-init', '20240206102246-add-table-currencies', '20240206102257-add-table-billing-cycles',
    '20240207060847-seed-currencies-and-billing-cycles', '20240208082503-add-constraints',
    '20240208115049-add-tier-column-to-plans', '20240209122448-add-customer-table', '20240209122448-seed-data',
    '20240801105633-feature-toggle', '20240805112128-remove-plan-items', '20240805112316-add-plan-sizes-table',
    '20240805112817-add-plan-size-column']) AS name;
