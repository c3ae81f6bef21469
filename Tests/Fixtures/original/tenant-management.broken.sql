CREATE FUNCTION pg_temp.uid(text) RETURNS uuid LANGUAGE sql AS $$ SELECT md5($1 || current_database())::uuid $$;

-- Three tenants of one lead, two of another.
INSERT INTO main.tenants (id, name, key, lead_id, created_on) VALUES
    (pg_temp.uid('twin 1'), 'Twin one', 'twin1', pg_temp.uid('lead 2'), '2025-01-01T00:00:00Z'),
    (pg_temp.uid('twin 2'), 'Twin two', 'twin2', pg_temp.uid('lead 2'), '2025-01-01T00:00:00Z'),
    (pg_temp.uid('twin 3'), 'Twin three', 'twin3', pg_temp.uid('lead 4'), '2025-01-01T00:00:00Z');
-- An address that two leads have proven, in different case; the younger one has a tenant. And one proven 30 times.
INSERT INTO main.leads (id, first_name, last_name, email, is_validated, created_on) VALUES
    (pg_temp.uid('double 1'), 'Do', 'Ubl', 'Double@Example.com', true, '2024-01-01T00:00:00Z'),
    (pg_temp.uid('double 2'), 'Do', 'Ubl', 'double@example.COM', true, '2024-06-01T00:00:00Z');
INSERT INTO main.tenants (id, name, key, lead_id) VALUES
    (pg_temp.uid('tenant of double'), 'Double', 'double', pg_temp.uid('double 2'));
INSERT INTO main.leads (id, first_name, last_name, email, is_validated)
SELECT pg_temp.uid('many ' || n), 'Ma', 'Ny', 'many@example.com', true FROM generate_series(1, 30) AS n;
