-- Other services reject tenants that they do not know, so they are informed of all tenants: of new ones by TENANT_CREATED or
-- TENANT_PROVISIONING, of those from before by TENANTS_LISTED.

-- Publishes the list of all tenants, a thousand in an event. The events have the tenant id 1, so that they are delivered in
-- their order and the last one, which says that the list is complete, arrives last. (The relay has no lane 0.) May be
-- repeated: `arc events announce-tenants` calls it.
CREATE FUNCTION main.announce_tenants() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    page_size constant integer := 1000;
    previous uuid := '00000000-0000-0000-0000-000000000000';
    page record;
    total bigint := 0;
BEGIN
    LOOP
        SELECT count(*) AS size, (array_agg(id ORDER BY id DESC))[1] AS last_id,
            coalesce(
                json_agg(json_build_object('id', id, 'isBlocked', main.is_blocked(status, deleted), 'version', row_version)),
                '[]') AS tenants
        INTO page FROM (
            SELECT id, status, deleted, row_version FROM main.tenants WHERE id > previous ORDER BY id LIMIT page_size
        ) AS tenant;
        INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
        VALUES (
            gen_random_uuid(), 'TENANTS_LISTED', 1, '00000000-0000-0000-0000-000000000001',
            date_trunc('milliseconds', now()),
            json_build_object('tenants', page.tenants, 'isComplete', page.size < page_size));
        total := total + page.size;
        EXIT WHEN page.size < page_size;
        previous := page.last_id;
    END LOOP;
    RETURN total;
END
$$;

SELECT main.announce_tenants();
