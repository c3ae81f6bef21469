-- The keys that entitlement tokens are signed with (Ed25519), sealed under DATA_ENCRYPTION_KEY. A key is published before it signs, and
-- until the last token that it has signed is over.
CREATE TABLE main.signing_keys (
    id uuid PRIMARY KEY,
    key_id varchar(43) NOT NULL UNIQUE,
    public_key bytea NOT NULL,
    sealed bytea NOT NULL,
    created_on timestamptz NOT NULL,
    signs_from timestamptz NOT NULL
);
COMMENT ON COLUMN main.signing_keys.key_id IS 'the thumbprint of the key (RFC 7638)';
ALTER TABLE main.signing_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY service_only ON main.signing_keys
    USING ((SELECT current_setting('app.tenant_id', true) = '*'))
    WITH CHECK (current_setting('app.tenant_id', true) = '*');
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON main.signing_keys TO subscription_app;
    END IF;
END
$$;
