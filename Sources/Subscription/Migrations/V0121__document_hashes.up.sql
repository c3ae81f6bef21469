-- What an issued document was when it was first drawn: the SHA-256 of its file.
CREATE TABLE main.document_hashes (
    id uuid PRIMARY KEY,
    tenant_id uuid,
    sha256 varchar(64) NOT NULL,
    created_on timestamptz NOT NULL DEFAULT current_timestamp
);
COMMENT ON COLUMN main.document_hashes.id IS 'of the invoice or credit note';
CREATE INDEX idx_document_hashes_tenant ON main.document_hashes (tenant_id);
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON main.document_hashes
    FOR EACH STATEMENT EXECUTE FUNCTION main.refuse_change();
ALTER TABLE main.document_hashes ENABLE ROW LEVEL SECURITY;
-- Reads evaluate the setting once per statement, writes for each row.
CREATE POLICY tenant_isolation ON main.document_hashes
    USING (
        (SELECT current_setting('app.tenant_id', true) = '*')
        OR tenant_id::text = (SELECT nullif(current_setting('app.tenant_id', true), '')))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*'
        OR tenant_id::text = nullif(current_setting('app.tenant_id', true), ''));
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT ON main.document_hashes TO subscription_app;
    END IF;
END
$$;
