-- What POST /tenants sends to PostgreSQL, as pgbench sends it: statement by statement.
-- (In the JSON no letter or digit follows a colon: pgbench would take it for a variable.)
\set high random(1, 9223372036854775807)
\set low random(1, 9223372036854775807)
BEGIN;
SELECT set_config('app.tenant_id', '*', true);
INSERT INTO main.tenants (id, name, status, key, domains, lead_id, address_id, created_by, modified_by)
VALUES ((lpad(to_hex(:high::bigint), 16, '0') || lpad(to_hex(:low::bigint), 16, '0'))::uuid, 'Acme Corporation', 2,
    to_hex(:low::bigint), ARRAY[to_hex(:low::bigint) || '.example'], NULL, NULL, '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000001')
RETURNING row_version, deleted, deleted_on, deleted_by, created_on, modified_on, created_by, modified_by, id, name,
    status, key, spoc_user_id, domains, lead_id, address_id;
INSERT INTO main.contacts (id, first_name, last_name, email, is_primary, contact_type, tenant_id, created_by, modified_by)
VALUES (gen_random_uuid(), 'Ada', 'Lovelace', 'ada@acme.example', true, NULL,
    (lpad(to_hex(:high::bigint), 16, '0') || lpad(to_hex(:low::bigint), 16, '0'))::uuid,
    '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000001')
RETURNING row_version, deleted, deleted_on, deleted_by, created_on, modified_on, created_by, modified_by, id, first_name,
    last_name, email, is_primary, contact_type, tenant_id;
INSERT INTO main.provisionings (id, tenant_id, subscription_id, requested_on, expires_on)
VALUES (gen_random_uuid(), (lpad(to_hex(:high::bigint), 16, '0') || lpad(to_hex(:low::bigint), 16, '0'))::uuid,
    NULL, now(), now() + interval '20 minutes');
INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, traceparent, data)
VALUES (gen_random_uuid(), 'TENANT_PROVISIONING', 1,
    (lpad(to_hex(:high::bigint), 16, '0') || lpad(to_hex(:low::bigint), 16, '0'))::uuid, now(),
    NULL, '{"type":"TENANT_PROVISIONING","tenant":{"id":"00000000-0000-4000-8000-000000000001","name":"Acme Corporation","status": 1,"key":"acme","domains":["acme.example"],"createdOn":"2026-01-05T10.00.00.000Z","contacts":[{"id":"00000000-0000-4000-8000-000000000001","firstName":"Ada","lastName":"Lovelace","email":"ada@acme.example","isPrimary": true}]},"subscription":{"subscriberId":"00000000-0000-4000-8000-000000000001","plan":{"tier":"BASIC"}},"secret":"c2VhbGVkIHNlY3JldCBvZiB0aGUgc2FtZSBsZW5ndGggYXMgYSByZWFsIG9uZQ","context":"00000000-0000-4000-8000-000000000001"}');
COMMIT;
