DROP TABLE main.token_revocations;
DROP TABLE main.api_key_secrets;
DROP TABLE main.api_keys;
