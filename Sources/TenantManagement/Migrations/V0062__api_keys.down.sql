DROP FUNCTION main.announce_api_keys();
DROP TRIGGER publish_api_key ON main.api_keys;
DROP FUNCTION main.publish_api_key();
DROP FUNCTION main.api_key_event(main.api_keys);
DROP FUNCTION main.api_key_instant(timestamptz);
DROP TABLE main.api_key_secrets;
DROP TABLE main.api_keys;
