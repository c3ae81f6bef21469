-- The states of a tenant as a machine, and the reasons for which a tenant is suspended.

-- The states that may follow a state; Tenants/TenantTransition.swift says what causes each change, and a test compares both. A
-- status that is none of these was stored by another program: an operator decides which one the tenant has.
CREATE FUNCTION main.next_tenant_statuses(status smallint) RETURNS smallint[] LANGUAGE sql IMMUTABLE AS $$
    SELECT (CASE status
        WHEN 0 THEN '{4,5}' WHEN 1 THEN '{0,2,4,5}' WHEN 2 THEN '{0,3,5}' WHEN 3 THEN '{0,1,2,4,5}'
        WHEN 4 THEN '{5}' WHEN 5 THEN '{0,1,2,3,4}' ELSE '{0,1,3,5}' END)::smallint[]
$$;

-- Why a tenant is suspended: one open row for each reason. The tenant returns when none is open.
CREATE TABLE main.tenant_suspensions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES main.tenants (id),
    reason varchar(20) NOT NULL DEFAULT 'operator',
    note varchar(1000),
    -- 5 for a reason that was added to others. Otherwise the status to which the tenant returns.
    previous_status smallint NOT NULL,
    suspended_on timestamptz NOT NULL,
    suspended_by varchar(100),
    ended_on timestamptz,
    ended_by varchar(100),
    end_note varchar(1000),
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT tenant_suspensions_reason CHECK (reason IN ('billing', 'abuse', 'legal', 'operator'))
);
CREATE UNIQUE INDEX idx_tenant_suspensions_open ON main.tenant_suspensions (tenant_id, reason) WHERE ended_on IS NULL;
CREATE INDEX idx_tenant_suspensions_tenant ON main.tenant_suspensions (tenant_id, suspended_on DESC, id);
ALTER TABLE main.tenant_suspensions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.tenant_suspensions
    USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true));

INSERT INTO main.tenant_suspensions (tenant_id, reason, note, previous_status, suspended_on)
SELECT id, 'operator', 'INACTIVE before suspensions had reasons', 0, date_trunc('milliseconds', coalesce(modified_on, now()))
FROM main.tenants WHERE status = 5 AND NOT deleted;

-- Every change of a tenant's state passes here, whoever makes it. Errors: ARC03, the change is not legal (DETAIL: the status
-- before and after); ARC04, the tenant is suspended for other reasons than `operator` (DETAIL: the reasons); ARC05, its resources
-- were removed, and it returns only by being provisioned again; ARC06, its personal data was erased, and it never returns.
--
-- Work that goes with PROVISIONING and DEPROVISIONING is started by the service, which says so (app.tenant_change); a request
-- that only names the status would leave a tenant that nothing works on. A status that is changed without naming a reason, as by
-- PATCH, is a suspension by an operator or the end of one.
--
-- It runs as the owner: it reads rows of other tables, and writes only those of the tenant that the statement may write.
CREATE FUNCTION main.guard_tenant_state() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cause text := coalesce(current_setting('app.tenant_change', true), '');
    held text;
BEGIN
    IF NEW.deleted AND NOT OLD.deleted AND OLD.status = 4 THEN
        RAISE EXCEPTION 'the resources of the tenant are being removed' USING ERRCODE = 'ARC03', DETAIL = '4 deleted';
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM main.erasures WHERE tenant_id = NEW.id) THEN
        RAISE EXCEPTION 'the personal data of the tenant was erased' USING ERRCODE = 'ARC06';
    END IF;
    IF NOT NEW.status = ANY (main.next_tenant_statuses(OLD.status))
        OR (current_setting('app.tenant_id', true) <> ''
            AND (NEW.status = 2 AND cause <> 'provisioning' OR NEW.status = 4 AND cause <> 'offboarding'))
    THEN
        RAISE EXCEPTION 'a tenant does not change its status like this'
            USING ERRCODE = 'ARC03', DETAIL = format('%s %s', OLD.status, NEW.status);
    END IF;
    IF OLD.status = 5 AND EXISTS (
        SELECT FROM main.offboardings WHERE tenant_id = NEW.id AND state = 2 AND NOT is_superseded)
    THEN
        -- Nothing is left that it could return to, unless it is provisioned again.
        IF NEW.status NOT IN (1, 2) THEN
            RAISE EXCEPTION 'the resources of the tenant were removed' USING ERRCODE = 'ARC05';
        END IF;
        UPDATE main.offboardings SET is_superseded = true WHERE tenant_id = NEW.id AND state = 2;
    END IF;
    IF OLD.status = 5 AND NEW.status <> 4 THEN
        SELECT string_agg(reason, ' ' ORDER BY reason) INTO held FROM main.tenant_suspensions
        WHERE tenant_id = NEW.id AND ended_on IS NULL AND reason <> 'operator';
        IF held IS NOT NULL THEN
            RAISE EXCEPTION 'the tenant is suspended' USING ERRCODE = 'ARC04', DETAIL = held;
        END IF;
        UPDATE main.tenant_suspensions
        SET ended_on = date_trunc('milliseconds', current_timestamp), ended_by = NEW.modified_by::text,
            row_version = row_version + 1
        WHERE tenant_id = NEW.id AND ended_on IS NULL;
    END IF;
    IF NEW.status = 5 AND OLD.status <> 4 THEN
        INSERT INTO main.tenant_suspensions (tenant_id, reason, previous_status, suspended_on, suspended_by)
        SELECT NEW.id, 'operator', OLD.status, date_trunc('milliseconds', current_timestamp), NEW.modified_by::text
        WHERE NOT EXISTS (
            SELECT FROM main.tenant_suspensions WHERE tenant_id = NEW.id AND ended_on IS NULL)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_state BEFORE UPDATE OF status, deleted ON main.tenants
    FOR EACH ROW EXECUTE FUNCTION main.guard_tenant_state();

-- One event for each change between suspended and not suspended, whoever makes it.
CREATE FUNCTION main.publish_suspension() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    event text;
    reasons json;
BEGIN
    IF NEW.status = OLD.status OR 4 IN (NEW.status, OLD.status) OR NOT 5 IN (NEW.status, OLD.status) THEN
        RETURN NULL;
    END IF;
    event := CASE NEW.status WHEN 5 THEN 'TENANT_SUSPENDED' ELSE 'TENANT_REACTIVATED' END;
    -- Of the suspension that begins or ends: since the tenant was last in another state.
    SELECT json_agg(reason ORDER BY suspended_on, id) INTO reasons FROM main.tenant_suspensions
    WHERE tenant_id = NEW.id AND suspended_on >= (
        SELECT max(suspended_on) FROM main.tenant_suspensions WHERE tenant_id = NEW.id AND previous_status <> 5);
    INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
    VALUES (
        gen_random_uuid(), event, 1, NEW.id, date_trunc('milliseconds', now()),
        json_build_object(
            'tenantId', NEW.id, 'status', NEW.status, 'previousStatus', OLD.status, 'reasons',
            coalesce(reasons, '[]'::json), 'version', NEW.row_version));
    RETURN NULL;
END
$$;
CREATE TRIGGER publish_suspension AFTER UPDATE OF status ON main.tenants
    FOR EACH ROW EXECUTE FUNCTION main.publish_suspension();

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.tenant_suspensions TO tenant_mgmt_app;
    END IF;
END
$$;
