DROP TABLE main.tenant_placements;
DROP TABLE main.data_servers;
DROP FUNCTION main.count_placements();
