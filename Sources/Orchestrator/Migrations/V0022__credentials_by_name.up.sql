-- Comparing what a data server should have with what it has goes through both in the order of the names' bytes.
CREATE INDEX tenant_credentials_name ON main.tenant_credentials (server, role COLLATE "C");
