DROP TRIGGER prepaid ON main.invoice;
DROP TRIGGER prepaid_new ON main.invoice;
DROP TRIGGER prepaid_void ON main.invoice;
DROP TRIGGER prepaid ON main.credit_notes;
DROP TABLE main.credit_uses, main.credit_grants;
DROP FUNCTION main.use_credits(), main.return_voided_credits(), main.return_noted_credits(), main.post_grant(), main.keep_grant(),
    main.return_credits(uuid, uuid, bigint, varchar[]), main.expire_credits(integer), main.revoke_credit(uuid),
    main.move_credit(uuid, varchar, bigint, uuid, uuid, varchar[], bigint[]);
