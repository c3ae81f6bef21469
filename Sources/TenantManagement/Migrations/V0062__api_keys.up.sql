-- API keys of tenants and of the operator. Their secrets are in a table of their own, as hashes, so that archives of a tenant,
-- which have all columns of its rows, contain none.

CREATE TABLE main.api_keys (
    id uuid PRIMARY KEY,
    name varchar(100) NOT NULL,
    description varchar(500),
    tenant_id uuid REFERENCES main.tenants (id),
    audience text NOT NULL GENERATED ALWAYS AS (CASE WHEN tenant_id IS NULL THEN 'operator' ELSE 'tenant' END) STORED,
    prefix varchar(20) NOT NULL,
    permissions varchar[] NOT NULL DEFAULT '{}',
    roles varchar[] NOT NULL DEFAULT '{}',
    expires_on timestamptz NOT NULL,
    rotated_on timestamptz,
    rotation_reason varchar(200),
    previous_expires_on timestamptz,
    last_used_on timestamptz,
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT api_keys_scope CHECK (cardinality(permissions) + cardinality(roles) > 0)
);
COMMENT ON COLUMN main.api_keys.tenant_id IS 'whose key it is; NULL: the operator''s';
COMMENT ON COLUMN main.api_keys.last_used_on IS 'stored in batches; does not change the version';
CREATE INDEX idx_api_keys_tenant ON main.api_keys (tenant_id, id);
CREATE INDEX idx_api_keys_created ON main.api_keys (created_on DESC, id) WHERE NOT deleted;
CREATE INDEX idx_api_keys_prefix ON main.api_keys (prefix);
CREATE INDEX idx_api_keys_expiry ON main.api_keys (expires_on) WHERE NOT deleted;
-- A key that was made with another one is deleted with it.
CREATE INDEX idx_api_keys_creator ON main.api_keys (created_by) WHERE NOT deleted;

-- Everything but the last use changes the version, and is reported to the nodes that have the key in memory.
CREATE TRIGGER touch_row BEFORE UPDATE OF name, description, tenant_id, prefix, permissions, roles, expires_on, deleted
    ON main.api_keys FOR EACH ROW EXECUTE FUNCTION main.touch_cached_row();
CREATE TRIGGER log_row_deletions AFTER DELETE ON main.api_keys REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION main.log_row_changes();

CREATE TABLE main.api_key_secrets (
    key_id uuid PRIMARY KEY REFERENCES main.api_keys (id) ON DELETE CASCADE,
    tenant_id uuid,
    hash bytea NOT NULL UNIQUE,
    previous_hash bytea,
    previous_expires_on timestamptz,
    CONSTRAINT api_key_secrets_previous CHECK ((previous_hash IS NULL) = (previous_expires_on IS NULL))
);
COMMENT ON COLUMN main.api_key_secrets.hash IS 'HMAC-SHA256 of the key under API_KEY_SECRET';
COMMENT ON COLUMN main.api_key_secrets.previous_hash IS 'of the secret before the last rotation, accepted until previous_expires_on';
CREATE INDEX idx_api_key_secrets_previous ON main.api_key_secrets (previous_hash) WHERE previous_hash IS NOT NULL;

CREATE FUNCTION main.api_key_instant(instant timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- What other services have to know to accept a key. Without a secret (a key of an imported tenant) there is nothing to know.
CREATE FUNCTION main.api_key_event(key main.api_keys) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_strip_nulls(json_build_object(
        'keyId', key.id, 'tenantId', key.tenant_id, 'permissions', key.permissions, 'roles', key.roles,
        'hash', encode(secret.hash, 'hex'), 'expiresOn', main.api_key_instant(key.expires_on),
        'previousHash', encode(secret.previous_hash, 'hex'),
        'previousExpiresOn', main.api_key_instant(secret.previous_expires_on),
        'isDeleted', key.deleted, 'version', key.row_version))
    FROM main.api_key_secrets AS secret WHERE secret.key_id = key.id
$$;

-- Publishes a key as it is at the end of the transaction, when its secret is stored too.
CREATE FUNCTION main.publish_api_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
    SELECT gen_random_uuid(), 'API_KEY_CHANGED', 1, key.tenant_id, date_trunc('milliseconds', now()), content.event
    FROM main.api_keys AS key CROSS JOIN LATERAL (SELECT main.api_key_event(key) AS event) AS content
    WHERE key.id = NEW.id AND content.event IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER publish_api_key
    AFTER INSERT OR UPDATE OF tenant_id, prefix, permissions, roles, expires_on, deleted ON main.api_keys
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION main.publish_api_key();

-- Publishes all keys once more: `arc events announce-tenants` calls it.
CREATE FUNCTION main.announce_api_keys() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    total bigint;
BEGIN
    INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
    SELECT gen_random_uuid(), 'API_KEY_CHANGED', 1, key.tenant_id, date_trunc('milliseconds', now()), content.event
    FROM main.api_keys AS key CROSS JOIN LATERAL (SELECT main.api_key_event(key) AS event) AS content
    WHERE key.expires_on > now() AND content.event IS NOT NULL ORDER BY key.id;
    GET DIAGNOSTICS total = ROW_COUNT;
    RETURN total;
END
$$;

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['api_keys', 'api_key_secrets']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$
            CREATE POLICY tenant_isolation ON main.%I
                USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
                WITH CHECK ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
            $policy$, owned);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.api_keys, main.api_key_secrets TO tenant_mgmt_app;
    END IF;
END
$$;
