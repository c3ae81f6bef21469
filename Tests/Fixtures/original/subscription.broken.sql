CREATE FUNCTION pg_temp.uid(text) RETURNS uuid LANGUAGE sql AS $$ SELECT md5($1 || current_database())::uuid $$;

-- A second customer of a tenant, younger and without invoices; and three of a tenant that has none yet.
INSERT INTO main.billing_customer (id, tenant_id, customer_id, created_by, created_on)
SELECT pg_temp.uid('double ' || n), pg_temp.uid('tenant ' || CASE n WHEN 1 THEN 1 ELSE 99 END)::text, 'cus_double_' || n,
    pg_temp.uid('user 1'), '2025-01-01T00:00:00Z'::timestamptz + n * interval '1 day'
FROM generate_series(1, 4) AS n;
-- Keys of features that are taken: thirty times one of them.
INSERT INTO main.features (id, name, key)
SELECT pg_temp.uid('double ' || n), 'Double ' || n, 'feature ' || CASE n WHEN 1 THEN 1 ELSE 2 END FROM generate_series(1, 31) AS n;
-- A key that no index takes, of text that cannot be compressed.
INSERT INTO main.features (id, name, key)
SELECT pg_temp.uid('long'), 'Long', string_agg(md5(n::text), '') FROM generate_series(1, 200) AS n;
-- The operator's own view.
CREATE VIEW main.price_list AS SELECT name, price FROM main.plans WHERE NOT deleted;
