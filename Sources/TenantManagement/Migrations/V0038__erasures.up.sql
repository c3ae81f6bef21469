-- Erasures of personal data, each with its certificate. A tenant is erased once.
CREATE TABLE main.erasures (
    tenant_id uuid PRIMARY KEY REFERENCES main.tenants (id),
    erased_on timestamptz NOT NULL,
    erased_by varchar(100),
    -- Kept as a text, because its checksum is over its bytes.
    certificate text NOT NULL
);
ALTER TABLE main.erasures ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.erasures
    USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true));

-- As before, but an erased tenant never returns. ARC06: it was asked to.
CREATE OR REPLACE FUNCTION main.guard_tenant_state() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT ON main.erasures TO tenant_mgmt_app;
    END IF;
END
$$;
