-- Tenants for `GET /tenants?filter={"limit":50,"include":["contacts","resources"]}`: psql -v tenants=200
BEGIN;
SELECT set_config('app.tenant_id', '*', true) \g /dev/null
WITH seeds AS MATERIALIZED (
    SELECT number, ('00000000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid AS id,
        '00000000-0000-4000-8000-000000000001'::uuid AS operator
    FROM generate_series(1, :tenants) AS number
), tenants AS (
    INSERT INTO main.tenants (id, name, status, key, domains, created_by, modified_by)
    SELECT id, 'Listed tenant ' || number, 0, 'list' || number, ARRAY['list' || number || '.example'], operator, operator
    FROM seeds
), contacts AS (
    INSERT INTO main.contacts
        (id, first_name, last_name, email, is_primary, contact_type, tenant_id, created_by, modified_by)
    SELECT gen_random_uuid(), 'Ada', 'Lovelace', 'ada' || each || '@list' || number || '.example', each = 1, 'admin', id,
        operator, operator
    FROM seeds, generate_series(1, 3) AS each
)
INSERT INTO main.resources (id, type, metadata, external_identifier, tenant_id, created_by, modified_by)
SELECT gen_random_uuid(), 'postgres-schema', jsonb_build_object('schema', 'list' || number, 'part', each),
    'list' || number || '-' || each, id, operator, operator
FROM seeds, generate_series(1, 3) AS each;
COMMIT;
