DROP TABLE main.known_roles, main.role_state;
DROP FUNCTION main.count_role_change();
