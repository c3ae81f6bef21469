ALTER TABLE main.provisionings DROP COLUMN kind;
