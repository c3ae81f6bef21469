-- Logos by the SHA-256 of their file. An invoice keeps the hash of the logo on its day of issue, and is drawn with that image.
CREATE TABLE main.seller_logos (
    sha256 varchar(64) PRIMARY KEY,
    content bytea NOT NULL,
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    CHECK (octet_length(content) <= 131072),
    CHECK (sha256 = encode(sha256(content), 'hex'))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON main.seller_logos
    FOR EACH STATEMENT EXECUTE FUNCTION main.refuse_change();
ALTER TABLE main.seller_logos ENABLE ROW LEVEL SECURITY;
CREATE POLICY logos ON main.seller_logos
    USING ((SELECT current_setting('app.tenant_id', true) = '*'))
    WITH CHECK (current_setting('app.tenant_id', true) = '*');
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT ON main.seller_logos TO subscription_app;
    END IF;
END
$$;
