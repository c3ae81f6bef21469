DROP FUNCTION main.announce_tenants();
