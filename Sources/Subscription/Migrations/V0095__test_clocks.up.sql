-- Test clocks: the time of a tenant that does not live on the real one. There are none unless TEST_CLOCKS=true.
--
-- A clock that was deleted stands still, and so does the time of its tenant: what the tenant was billed lies in the clock's past, and
-- would be due at once, or never, on the real time.
CREATE TABLE main.test_clocks (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    name varchar(200),
    instant timestamptz NOT NULL,
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1
);
COMMENT ON COLUMN main.test_clocks.instant IS 'what the clock shows; it never goes back';
CREATE UNIQUE INDEX idx_test_clocks_tenant ON main.test_clocks (tenant_id) WHERE NOT deleted;
CREATE INDEX idx_test_clocks_instant ON main.test_clocks (tenant_id, instant);
CREATE INDEX idx_test_clocks_created ON main.test_clocks (created_on DESC, id) WHERE NOT deleted;
CREATE TRIGGER touch_row BEFORE UPDATE ON main.test_clocks FOR EACH ROW EXECUTE FUNCTION main.touch_row();

-- A tenant's time never goes back, whoever writes: neither by a change of its clock nor by a new one.
CREATE FUNCTION main.guard_test_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.tenant_id <> OLD.tenant_id OR NEW.instant < OLD.instant THEN
            RAISE EXCEPTION USING ERRCODE = 'ARC95', MESSAGE = 'the time of a tenant does not go back';
        END IF;
    ELSIF EXISTS (SELECT FROM main.test_clocks WHERE tenant_id = NEW.tenant_id AND instant > NEW.instant) THEN
        RAISE EXCEPTION USING ERRCODE = 'ARC95', MESSAGE = 'the time of a tenant does not go back';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_time BEFORE INSERT OR UPDATE ON main.test_clocks
    FOR EACH ROW EXECUTE FUNCTION main.guard_test_clock();

-- The time that a tenant lives on.
CREATE FUNCTION main.tenant_now(tenant uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT max(clock.instant) FROM main.test_clocks AS clock WHERE clock.tenant_id = tenant), now())
$$;
REVOKE ALL ON FUNCTION main.guard_test_clock(), main.tenant_now(uuid) FROM PUBLIC;

ALTER TABLE main.test_clocks ENABLE ROW LEVEL SECURITY;
-- Reads evaluate the setting once per statement, writes for each row.
CREATE POLICY tenant_isolation ON main.test_clocks
    USING (
        (SELECT current_setting('app.tenant_id', true) = '*')
        OR tenant_id::text = (SELECT nullif(current_setting('app.tenant_id', true), '')))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*'
        OR tenant_id::text = nullif(current_setting('app.tenant_id', true), ''));
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.test_clocks TO subscription_app;
        GRANT EXECUTE ON FUNCTION main.tenant_now(uuid) TO subscription_app;
    END IF;
END
$$;
SELECT main.audit_table(
    'test_clocks', 'TestClock', 'r.tenant_id', 'r.id', '{}', '{}', '{"instant": "now"}', 'true',
    'INSERT OR UPDATE OR DELETE');
