DROP INDEX main.tenant_credentials_name;
