-- Tokens that are no longer accepted: one by its `jti`, or all of a user that were issued before an instant. Rows are never
-- changed, and removed when the tokens have expired.
CREATE TABLE main.token_revocations (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    value varchar(255) NOT NULL,
    tenant_id uuid REFERENCES main.tenants (id),
    issued_before timestamptz,
    expires_on timestamptz,
    reason varchar(200),
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
    created_by uuid,
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT token_revocations_kind CHECK (kind IN ('token', 'user')),
    CONSTRAINT token_revocations_instant CHECK ((kind = 'user') = (issued_before IS NOT NULL))
);
COMMENT ON COLUMN main.token_revocations.tenant_id IS 'only tokens of this tenant; NULL: of everybody';
COMMENT ON COLUMN main.token_revocations.expires_on IS 'when the last of the tokens has expired; NULL: never';
CREATE INDEX idx_token_revocations_value ON main.token_revocations (value);
CREATE INDEX idx_token_revocations_tenant ON main.token_revocations (tenant_id, id);
CREATE INDEX idx_token_revocations_created ON main.token_revocations (created_on DESC, id);
CREATE INDEX idx_token_revocations_expiry ON main.token_revocations (expires_on) WHERE expires_on IS NOT NULL;

-- Nodes keep all of them in memory.
CREATE TRIGGER log_row_insertions AFTER INSERT ON main.token_revocations REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION main.log_row_changes();
CREATE TRIGGER log_row_deletions AFTER DELETE ON main.token_revocations REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION main.log_row_changes();

CREATE FUNCTION main.token_revocation_event(revocation main.token_revocations) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_strip_nulls(json_build_object(
        'revocationId', revocation.id, 'kind', revocation.kind, 'value', revocation.value,
        'tenantId', revocation.tenant_id, 'issuedBefore', main.api_key_instant(revocation.issued_before),
        'expiresOn', main.api_key_instant(revocation.expires_on)))
$$;

CREATE FUNCTION main.publish_token_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
    VALUES (
        gen_random_uuid(), 'TOKENS_REVOKED', 1, NEW.tenant_id, date_trunc('milliseconds', now()),
        main.token_revocation_event(NEW));
    RETURN NULL;
END
$$;
CREATE TRIGGER publish_token_revocation AFTER INSERT ON main.token_revocations
    FOR EACH ROW EXECUTE FUNCTION main.publish_token_revocation();

-- Publishes all revocations once more: `arc events announce-tenants` calls it.
CREATE FUNCTION main.announce_token_revocations() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    total bigint;
BEGIN
    INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
    SELECT gen_random_uuid(), 'TOKENS_REVOKED', 1, tenant_id, date_trunc('milliseconds', now()),
        main.token_revocation_event(revocation)
    FROM main.token_revocations AS revocation WHERE expires_on IS NULL OR expires_on > now() ORDER BY id;
    GET DIAGNOSTICS total = ROW_COUNT;
    RETURN total;
END
$$;

ALTER TABLE main.token_revocations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.token_revocations
    USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    WITH CHECK ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()));

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT, DELETE ON main.token_revocations TO tenant_mgmt_app;
    END IF;
END
$$;
