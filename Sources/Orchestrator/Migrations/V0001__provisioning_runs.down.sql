DROP TABLE main.tenant_credentials;
DROP TABLE main.provisioning_runs;
