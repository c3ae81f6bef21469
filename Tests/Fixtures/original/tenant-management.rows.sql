CREATE FUNCTION pg_temp.uid(text) RETURNS uuid LANGUAGE sql AS $$ SELECT md5($1 || current_database())::uuid $$;
-- A moment of the past, to the microsecond; the same for the same number.
CREATE FUNCTION pg_temp.past(int) RETURNS timestamptz LANGUAGE sql AS
    $$ SELECT '2024-03-01 08:15:30.123456+00'::timestamptz + $1 * interval '31 hours 17 minutes 0.001 seconds' $$;

-- Every seventh row is deleted.
INSERT INTO main.addresses (id, address, city, state, zip, country, created_on, modified_on, created_by, deleted, deleted_on, deleted_by)
SELECT pg_temp.uid('address ' || n),
    CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN 'Straße des 17. Juni ' || n WHEN 2 THEN repeat('ü', 500) ELSE n || ' Main St' END,
    CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN '東京' ELSE 'Springfield' END, CASE WHEN n % 3 = 0 THEN 'NRW' END,
    CASE WHEN n % 6 > 0 THEN lpad(n::text, 25, '0') END, CASE WHEN n % 2 = 0 THEN 'Côte d''Ivoire' ELSE repeat('x', 25) END,
    pg_temp.past(n), pg_temp.past(n), CASE WHEN n % 2 = 0 THEN pg_temp.uid('user 1') END,
    n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 9) END, CASE WHEN n % 7 = 0 THEN pg_temp.uid('user 2') END
FROM generate_series(1, 36) AS n;

-- Addresses that were never proven may be registered often, in any case; some companies have no name.
INSERT INTO main.leads (id, first_name, last_name, company_name, email, is_validated, address_id, created_on, modified_on, created_by, modified_by, deleted, deleted_on)
SELECT pg_temp.uid('lead ' || n), CASE n % 5 WHEN 0 THEN 'Zoë' WHEN 1 THEN 'Нина' ELSE 'Ann' END, 'Lee-' || n,
    CASE WHEN n % 4 > 0 THEN 'Company "' || n || '" & Söhne' END,
    CASE WHEN n % 2 = 0 THEN 'Lead' || n || '@Example.com' WHEN n % 5 = 0 THEN 'OFTEN@example.com' ELSE 'often@Example.com' END,
    n % 2 = 0, CASE WHEN n % 3 > 0 THEN pg_temp.uid('address ' || n) END, pg_temp.past(n), pg_temp.past(n + 1),
    NULL, CASE WHEN n % 6 = 0 THEN pg_temp.uid('user 3') END, n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 3) END
FROM generate_series(1, 36) AS n;
-- Validated twice, but the first time was deleted.
INSERT INTO main.leads (id, first_name, last_name, email, is_validated, deleted, deleted_on)
VALUES (pg_temp.uid('lead of old'), 'Ann', 'Gone', 'lead2@example.com', true, true, pg_temp.past(1));

-- Keys of 1 to 20 characters, of which the deleted tenants' stay taken; a status that nobody knows.
INSERT INTO main.tenants (id, name, status, key, spoc_user_id, domains, address_id, lead_id, created_on, modified_on, created_by, deleted, deleted_on, deleted_by)
SELECT pg_temp.uid('tenant ' || n), 'Tenant № ' || n, CASE n WHEN 13 THEN 9 WHEN 2 THEN 0 ELSE n % 6 END,
    left(n || 'abcdefghijklmnopqrst', CASE WHEN n % 3 = 0 THEN 11 + n % 10 WHEN n = 20 THEN 2 ELSE 10 END),
    CASE WHEN n % 4 = 0 THEN pg_temp.uid('user ' || n) END,
    CASE n % 3 WHEN 0 THEN '{}'::varchar[] WHEN 1 THEN ARRAY['acme' || n || '.com'] ELSE ARRAY['a.com', 'bücher.de', 'with "quote", comma'] END,
    CASE WHEN n % 2 = 0 THEN pg_temp.uid('address ' || n) END, CASE WHEN n % 2 = 0 THEN pg_temp.uid('lead ' || n) END,
    pg_temp.past(n), pg_temp.past(n), pg_temp.uid('user 1'), n % 7 = 0,
    CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 5) END, CASE WHEN n % 7 = 0 THEN pg_temp.uid('user 2') END
FROM generate_series(1, 30) AS n;
UPDATE main.tenants SET key = 'UPPER-case key' WHERE id = pg_temp.uid('tenant 17');
-- A second tenant of a lead whose first one was deleted; and a lead that never existed.
INSERT INTO main.tenants (id, name, key, status, lead_id) VALUES
    (pg_temp.uid('tenant 31'), 'Second try', 'secondtry', 0, pg_temp.uid('lead 14')),
    (pg_temp.uid('tenant 32'), 'Of nobody', 'ofnobody', 0, pg_temp.uid('no such lead'));

INSERT INTO main.branding_metadata (id, theme_metadata, description, logo, website, tenant_id)
SELECT pg_temp.uid('brand ' || n), CASE WHEN n % 3 > 0 THEN jsonb_build_object('colour', '#' || n, 'fonts', jsonb_build_array('A', NULL, n)) END,
    CASE WHEN n % 2 = 0 THEN 'Brand ' || n END, 'logo.svg', 'https://example.com/' || n, pg_temp.uid('tenant ' || n)
FROM generate_series(1, 24) AS n;

-- modified_on was never set.
INSERT INTO main.contacts (id, first_name, last_name, email, is_primary, contact_type, tenant_id, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('contact ' || n), CASE n % 3 WHEN 0 THEN 'José' ELSE 'Ann' END, CASE n % 4 WHEN 0 THEN '' ELSE 'Lee ' || n END,
    CASE n % 9 WHEN 0 THEN 'not an address' ELSE 'Ann' || n || '@Acme.com' END, n % 2 = 0, CASE WHEN n % 5 > 0 THEN 'admin' END,
    pg_temp.uid('tenant ' || (1 + n % 32)), pg_temp.past(n), CASE WHEN n % 8 = 0 THEN pg_temp.past(n + 2) END,
    pg_temp.uid('user 4'), n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 6) END
FROM generate_series(1, 64) AS n;

INSERT INTO main.resources (id, external_identifier, type, metadata, tenant_id, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('resource ' || n), CASE WHEN n % 2 = 0 THEN 'shared-bucket' ELSE 'bucket-' || n END, 'bucket',
    jsonb_build_object('bucket', 'b' || n, 'nested', jsonb_build_object('a', jsonb_build_array(1, 2.50, 'ü', jsonb_build_object('b', NULL, 'c', true)), 'e', '')),
    pg_temp.uid('tenant ' || n), pg_temp.past(n), pg_temp.past(n), NULL, n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 1) END
FROM generate_series(1, 32) AS n;

-- Padded and missing currencies, amounts of any scale, statuses nobody knows, rows without any time.
INSERT INTO main.invoices (id, start_date, end_date, amount, currency_code, invoice_file, due_date, status, tenant_id, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('invoice ' || n), CASE WHEN n % 6 > 0 THEN pg_temp.past(n) END, CASE WHEN n % 6 > 0 THEN pg_temp.past(n + CASE n % 5 WHEN 0 THEN -9 ELSE 9 END) END,
    CASE n % 5 WHEN 0 THEN 0 WHEN 1 THEN 49.90 WHEN 2 THEN -12.345 WHEN 3 THEN 12345678901234567890.123456789 ELSE n END,
    CASE n % 4 WHEN 0 THEN 'US' WHEN 1 THEN 'USD' WHEN 2 THEN 'eur' END, CASE WHEN n % 3 = 0 THEN 'invoice-' || n || '.pdf' END,
    CASE WHEN n % 2 = 0 THEN pg_temp.past(n + 20) END, CASE n WHEN 5 THEN 7 ELSE n % 3 END, pg_temp.uid('tenant ' || (1 + n % 32)),
    CASE WHEN n % 11 > 0 THEN pg_temp.past(n) END, CASE WHEN n % 10 = 0 THEN pg_temp.past(n + 1) END,
    pg_temp.uid('user 1'), n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 4) END
FROM generate_series(1, 48) AS n;

INSERT INTO main.tenant_mgmt_configs (id, config_key, config_value, tenant_id, created_on, modified_on, created_by, deleted, deleted_on)
SELECT pg_temp.uid('config ' || n), CASE n % 3 WHEN 0 THEN 'auth0' WHEN 1 THEN 'keycloak' ELSE 'cognito' END,
    jsonb_build_object('display_name', 'Ünï ' || n, 'verify_email', n % 2 = 0, 'limits', jsonb_build_object('users', n, 'deep', jsonb_build_array(jsonb_build_object('x', jsonb_build_array())))),
    pg_temp.uid('tenant ' || (1 + n % 16)), pg_temp.past(n), pg_temp.past(n), pg_temp.uid('user 1'), n % 7 = 0, CASE WHEN n % 7 = 0 THEN pg_temp.past(n + 2) END
FROM generate_series(1, 32) AS n;
