-- Copies of API keys and of revoked tokens, as tenant management reports them.
--
-- Rows of deleted keys stay until they would have expired, so that a late event does not bring one back.
CREATE TABLE main.api_keys (
    id uuid PRIMARY KEY,
    tenant_id uuid,
    permissions varchar[] NOT NULL,
    roles varchar[] NOT NULL,
    expires_on timestamptz NOT NULL,
    deleted boolean NOT NULL,
    row_version bigint NOT NULL,
    changed_on timestamptz NOT NULL
);
COMMENT ON COLUMN main.api_keys.row_version IS 'of the row in tenant management: an earlier one changes nothing';
CREATE INDEX idx_api_keys_expiry ON main.api_keys (expires_on);
CREATE TRIGGER log_row_updates AFTER UPDATE ON main.api_keys REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION main.log_row_changes();
CREATE TRIGGER log_row_deletions AFTER DELETE ON main.api_keys REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION main.log_row_changes();

CREATE TABLE main.api_key_secrets (
    key_id uuid PRIMARY KEY REFERENCES main.api_keys (id) ON DELETE CASCADE,
    tenant_id uuid,
    hash bytea NOT NULL UNIQUE,
    previous_hash bytea,
    previous_expires_on timestamptz
);
CREATE INDEX idx_api_key_secrets_previous ON main.api_key_secrets (previous_hash) WHERE previous_hash IS NOT NULL;

CREATE TABLE main.token_revocations (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    value varchar(255) NOT NULL,
    tenant_id uuid,
    issued_before timestamptz,
    expires_on timestamptz,
    row_version bigint NOT NULL DEFAULT 1
);
CREATE INDEX idx_token_revocations_value ON main.token_revocations (value);
CREATE INDEX idx_token_revocations_expiry ON main.token_revocations (expires_on) WHERE expires_on IS NOT NULL;
CREATE TRIGGER log_row_insertions AFTER INSERT ON main.token_revocations REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION main.log_row_changes();
CREATE TRIGGER log_row_deletions AFTER DELETE ON main.token_revocations REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION main.log_row_changes();

-- For the service itself only.
DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['api_keys', 'api_key_secrets', 'token_revocations']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            'CREATE POLICY service_only ON main.%I USING ((SELECT current_setting(''app.tenant_id'', true) = ''*''))', owned);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON main.api_keys, main.api_key_secrets TO subscription_app;
        GRANT SELECT, INSERT, DELETE ON main.token_revocations TO subscription_app;
    END IF;
END
$$;
