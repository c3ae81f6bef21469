DROP TABLE main.blocked_tenants;
