-- Other services reject tenants that are deleted or suspended, so every change of this is published, whoever makes it.
CREATE FUNCTION main.is_blocked(status smallint, deleted boolean) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(deleted, false) OR coalesce(status, 0) IN (4, 5)
$$;
COMMENT ON FUNCTION main.is_blocked(smallint, boolean) IS 'deleted, DEPROVISIONING or INACTIVE';

-- The condition is here and not in the trigger (WHEN), which would be prepared again for every update: measured 10 to 40
-- microseconds slower.
CREATE FUNCTION main.publish_tenant_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF main.is_blocked(NEW.status, NEW.deleted) <> main.is_blocked(OLD.status, OLD.deleted) THEN
        INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
        VALUES (
            gen_random_uuid(), 'TENANT_ACCESS_CHANGED', 1, NEW.id, date_trunc('milliseconds', now()),
            json_build_object(
                'tenantId', NEW.id, 'isBlocked', main.is_blocked(NEW.status, NEW.deleted), 'version', NEW.row_version));
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER publish_access AFTER UPDATE OF status, deleted ON main.tenants
    FOR EACH ROW EXECUTE FUNCTION main.publish_tenant_access();

-- Tenants that are already blocked. The trigger that numbers events locks each tenant until the end of the transaction, and
-- PostgreSQL has room for only some thousands of these locks. Disabling it locks the table against all other writers, so the
-- order is safe without them.
ALTER TABLE main.outbox DISABLE TRIGGER outbox_number;
INSERT INTO main.outbox (event_id, position, type, version, tenant_id, occurred_at, data)
SELECT gen_random_uuid(), nextval('main.outbox_position'), 'TENANT_ACCESS_CHANGED', 1, id,
    date_trunc('milliseconds', now()), json_build_object('tenantId', id, 'isBlocked', true, 'version', row_version)
FROM main.tenants WHERE main.is_blocked(status, deleted);
ALTER TABLE main.outbox ENABLE TRIGGER outbox_number;
