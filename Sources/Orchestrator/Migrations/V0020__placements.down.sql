DROP INDEX main.tenant_credentials_name;
DROP TABLE main.tenant_placements;
DROP TABLE main.data_servers;
DROP FUNCTION main.count_placements();
