DROP TRIGGER change_identity_users ON main.tenants;
DROP FUNCTION main.change_identity_users();
DROP FUNCTION main.wanted_of_users(uuid, smallint, boolean);
DROP TABLE main.identity_changes;
DROP TABLE main.identity_users;
