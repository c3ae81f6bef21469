DROP FUNCTION main.announce_token_revocations();
DROP TRIGGER publish_token_revocation ON main.token_revocations;
DROP FUNCTION main.publish_token_revocation();
DROP FUNCTION main.token_revocation_event(main.token_revocations);
DROP TABLE main.token_revocations;
