DROP TABLE main.signing_keys;
