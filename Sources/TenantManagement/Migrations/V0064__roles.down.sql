DROP FUNCTION main.announce_roles();
DROP FUNCTION main.count_keys_with_role(text, integer);
DROP INDEX main.idx_api_keys_roles;
DROP TRIGGER publish_role ON main.roles;
DROP FUNCTION main.publish_role();
DROP FUNCTION main.role_event(main.roles);
DROP TABLE main.roles, main.role_state;
