CREATE FUNCTION pg_temp.uid(text) RETURNS uuid LANGUAGE sql AS $$ SELECT md5($1 || current_database())::uuid $$;
CREATE FUNCTION pg_temp.past(int) RETURNS timestamptz LANGUAGE sql AS
    $$ SELECT '2024-03-01 08:15:30.123456+00'::timestamptz + $1 * interval '31 hours 17 minutes 0.001 seconds' $$;

-- What the original seeds.
INSERT INTO main.currencies (id, currency_code, currency_name, symbol, country, created_by)
SELECT pg_temp.uid(code), code, name, symbol, country, ('123e4567-e89b-12d3-a456-42661417400' || n - 1)::uuid
FROM unnest(ARRAY['USD', 'INR', 'EUR', 'GBP', 'JPY'],
    ARRAY['United States Dollar', 'Indian Rupee', 'Euro', 'British Pound Sterling', 'Japanese Yen'],
    ARRAY['$', '₹', '€', '£', '¥'], ARRAY['United States', 'India', 'Eurozone', 'United Kingdom', 'Japan'])
    WITH ORDINALITY AS seed (code, name, symbol, country, n);
INSERT INTO main.billing_cycles (id, cycle_name, duration, duration_unit, description, created_by)
SELECT pg_temp.uid(name), name, duration, unit, 'Billing occurs every ' || word || '.', '123e4567-e89b-12d3-a456-426614174002'
FROM unnest(ARRAY['WEEKLY', 'MONTHLY', 'QUARTERLY', 'HALF_YEARLY', 'YEARLY'], ARRAY[1, 1, 3, 6, 1],
    ARRAY['week', 'month', 'months', 'months', 'year'], ARRAY['week', 'month', 'quarter', 'half year', 'year'])
    AS seed (name, duration, unit, word);
INSERT INTO main.plans (id, name, description, price, currency_id, billing_cycle_id, meta_data, tier, created_by) VALUES
    (pg_temp.uid('Standard'), 'Standard', 'Standard plan', 50.00, pg_temp.uid('USD'), pg_temp.uid('MONTHLY'), '{}', 'STANDARD', '123e4567-e89b-12d3-a456-426614174000'),
    (pg_temp.uid('Premium'), 'Premium', 'Premium plan', 150.00, pg_temp.uid('USD'), pg_temp.uid('MONTHLY'), '{}', 'PREMIUM', '123e4567-e89b-12d3-a456-426614174000');
INSERT INTO main.strategies (id, name, key, priority)
SELECT pg_temp.uid('strategy ' || n), key, key, n FROM unnest(ARRAY['System', 'Tenant', 'User']) WITH ORDINALITY AS s (key, n);

-- What people have added. Every seventh row is deleted.
INSERT INTO main.currencies (id, currency_code, currency_name, symbol, country, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('currency ' || n), CASE n WHEN 1 THEN 'chf' WHEN 2 THEN 'C' ELSE chr(64 + n) || 'QZ' END, 'Currency ' || n,
    CASE WHEN n % 2 = 0 THEN 'C$' END, CASE WHEN n % 3 = 0 THEN 'Åland' END, pg_temp.past(n), pg_temp.past(n), pg_temp.uid('user 1'),
    n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 24) AS n;
INSERT INTO main.billing_cycles (id, cycle_name, duration, duration_unit, description, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('cycle ' || n), 'CYCLE ' || n, CASE n % 8 WHEN 0 THEN 0 ELSE n END, CASE n % 5 WHEN 0 THEN 'fortnight' WHEN 1 THEN 'Days' ELSE 'month' END,
    CASE WHEN n % 2 = 0 THEN repeat('é', 500) END, pg_temp.past(n), pg_temp.past(n), pg_temp.uid('user 1'), n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 24) AS n;
INSERT INTO main.plan_sizes (id, size, config, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('size ' || n), CASE n WHEN 1 THEN repeat('L', 150) ELSE 'SIZE ' || n END,
    CASE WHEN n % 4 > 0 THEN jsonb_build_object('cpu', n, 'deep', jsonb_build_object('list', jsonb_build_array(1.50, 'ß', NULL))) END,
    pg_temp.past(n), pg_temp.past(n), pg_temp.uid('user 1'), n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 24) AS n;
-- Prices that are missing, negative, or have decimals that the currency has not.
INSERT INTO main.plans (id, name, description, price, currency_id, billing_cycle_id, meta_data, tier, size, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('plan ' || n), 'Plan ' || n, CASE WHEN n % 2 = 0 THEN 'Für ' || n || ' Leute' END,
    CASE n WHEN 3 THEN -1.00 WHEN 4 THEN 'NaN' ELSE CASE WHEN n % 5 > 0 THEN n * 10 + 0.99 END END,
    pg_temp.uid(CASE n % 3 WHEN 0 THEN 'JPY' WHEN 1 THEN 'USD' ELSE 'currency 3' END), pg_temp.uid(CASE n % 2 WHEN 0 THEN 'QUARTERLY' ELSE 'cycle 3' END),
    CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN '{"a": {"b": [1, {"c": null}]}, "ключ": "значение"}'::jsonb ELSE '{}' END,
    CASE n % 3 WHEN 0 THEN 'BASIC' WHEN 1 THEN 'premium' ELSE 'own tier' END, CASE WHEN n % 2 = 0 THEN 'SIZE ' || n END,
    pg_temp.past(n), pg_temp.past(n), pg_temp.uid('user 1'), n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 30) AS n;
INSERT INTO main.resources (id, name, config, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('resource ' || n), 'Ressource ' || n, jsonb_build_object('type', 's3', 'deep', jsonb_build_array(jsonb_build_array(jsonb_build_object('n', n)))),
    pg_temp.past(n), pg_temp.past(n), pg_temp.uid('user 1'), n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 24) AS n;
INSERT INTO main.services (id, name, created_on, modified_on, created_by, modified_by, deleted, deleted_on)
SELECT pg_temp.uid('service ' || n), 'Service ' || n % 5, pg_temp.past(n), pg_temp.past(n), pg_temp.uid('user 1'), pg_temp.uid('user 2'),
    n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 24) AS n;

-- Customers of tenants, of texts that are no tenant's id, of ids in upper case; a tenant whose first customer was deleted.
INSERT INTO main.billing_customer (id, tenant_id, customer_id, payment_source_id, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('customer ' || n),
    CASE n WHEN 8 THEN 'acme' WHEN 9 THEN upper(pg_temp.uid('tenant 9')::text) WHEN 15 THEN pg_temp.uid('tenant 14')::text ELSE pg_temp.uid('tenant ' || n)::text END,
    'cus_' || n || '-' || current_database(), CASE WHEN n % 3 = 0 THEN 'pm_' || n END, pg_temp.past(n), pg_temp.past(n), pg_temp.uid('user 1'),
    n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 30) AS n;
INSERT INTO main.invoice (id, invoice_id, invoice_status, billing_customer_id, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('invoice ' || n), 'in_' || n / 2, CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN 'paid' WHEN 2 THEN 'PAID' ELSE 'payment_due' END,
    pg_temp.uid('customer ' || (1 + n % 30)), pg_temp.past(n), pg_temp.past(n), pg_temp.uid('user 1'), n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 40) AS n;

-- Dates that are none, or in the wrong order, statuses nobody knows.
INSERT INTO main.subscriptions (id, subscriber_id, plan_id, start_date, end_date, status, invoice_id, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('subscription ' || n), pg_temp.uid('tenant ' || (1 + n % 30)), pg_temp.uid('plan ' || (1 + n % 30)),
    CASE n WHEN 1 THEN '31/01/2024' WHEN 2 THEN NULL WHEN 3 THEN '' WHEN 4 THEN '2024-02-31' WHEN 5 THEN '2024-1-5' ELSE to_char(pg_temp.past(n * 3), 'YYYY-MM-DD') END,
    CASE n WHEN 1 THEN '31/02/2024' WHEN 2 THEN NULL WHEN 3 THEN 'never' WHEN 4 THEN '2024-03-30' WHEN 6 THEN '2020-01-01' ELSE to_char(pg_temp.past(n * 3 + 24), 'YYYY-MM-DD') END,
    CASE n WHEN 8 THEN 7 WHEN 9 THEN -1 ELSE n % 5 END, pg_temp.uid('invoice ' || (1 + n % 40)),
    pg_temp.past(n), pg_temp.past(n), pg_temp.uid('user 1'), n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 44) AS n;

-- Users that are no UUIDs, metadata that is no JSON, a key whose first owner was deleted.
INSERT INTO main.features (id, name, key, description, default_value, type, metadata, created_on, modified_on, created_by, modified_by, deleted, deleted_on)
SELECT pg_temp.uid('feature ' || n), 'Feature ' || n, CASE n WHEN 15 THEN 'feature 14' ELSE 'feature ' || n END, CASE WHEN n % 2 = 0 THEN 'Kann ' || n END,
    CASE n % 3 WHEN 0 THEN 'true' WHEN 1 THEN '10' END, CASE n % 3 WHEN 0 THEN 'boolean' WHEN 1 THEN 'number' END,
    CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN '{"a": {"b": [1, 2]}}' WHEN 2 THEN '[object Object]' ELSE '' END,
    pg_temp.past(n), pg_temp.past(n), CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN 'auth0|60f1' ELSE pg_temp.uid('user 1')::text END, 'system',
    n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 24) AS n;
INSERT INTO main.strategies (id, name, key, priority, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('strategy ' || n), 'Strategy ' || n, CASE n WHEN 4 THEN 'Plan' ELSE 'Own' || n END, CASE WHEN n % 2 = 0 THEN n END,
    pg_temp.past(n), pg_temp.past(n), 'somebody', n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(4, 24) AS n;
INSERT INTO main.feature_values (id, feature_key, strategy_key, strategy_entity_id, status, value, created_on, modified_on, created_by, modified_by, deleted, deleted_on)
SELECT pg_temp.uid('value ' || n), CASE n % 2 WHEN 0 THEN 'feature ' || (1 + n % 24) ELSE pg_temp.uid('feature ' || (1 + n % 24))::text END,
    CASE n % 3 WHEN 0 THEN 'System' WHEN 1 THEN 'Tenant' ELSE 'Plan' END,
    CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN pg_temp.uid('tenant ' || n) ELSE pg_temp.uid('plan ' || (1 + n % 30)) END,
    n % 4 > 0, CASE WHEN n % 5 > 0 THEN 'Wert ' || n END, pg_temp.past(n), pg_temp.past(n), 'system', '',
    n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 40) AS n;
