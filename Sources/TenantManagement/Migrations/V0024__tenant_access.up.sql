-- Other services refuse tenants that are deleted or suspended, so they are notified of each change, however it is made.
CREATE FUNCTION main.is_blocked(status smallint, deleted boolean) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(deleted, false) OR coalesce(status, 0) IN (4, 5)
$$;

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

-- Those that are blocked already.
INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
SELECT gen_random_uuid(), 'TENANT_ACCESS_CHANGED', 1, id, date_trunc('milliseconds', now()),
    json_build_object('tenantId', id, 'isBlocked', true, 'version', row_version)
FROM main.tenants WHERE main.is_blocked(status, deleted);
