CREATE OR REPLACE FUNCTION main.refund_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO main.provider_refunds (id, tenant_id, invoice_id, payment, amount, currency_code, due_at)
    SELECT NEW.id, NEW.tenant_id, NEW.invoice_id, id_at_gateway, NEW.total, NEW.currency_code, now()
    FROM main.billing_payments
    WHERE invoice_id = NEW.invoice_id AND status = 'success' AND payment_method = 'payment_source' AND NOT deleted
        AND id_at_gateway IS NOT NULL AND NEW.tenant_id IS NOT NULL AND NEW.total > 0
    ORDER BY created_on DESC LIMIT 1
    ON CONFLICT (id) DO NOTHING;
    RETURN NULL;
END
$$;
DROP TRIGGER prepaid ON main.invoice;
DROP TRIGGER prepaid_new ON main.invoice;
DROP TRIGGER prepaid_void ON main.invoice;
DROP TRIGGER give_back ON main.credit_notes;
DROP TABLE main.credit_uses, main.credit_grants;
DROP FUNCTION main.use_credits(), main.return_voided_credits(), main.return_noted_credits(), main.post_grant(), main.keep_grant(),
    main.return_credits(uuid, uuid, bigint, varchar[]), main.expire_credits(integer), main.revoke_credit(uuid),
    main.move_credit(uuid, varchar, bigint, uuid, uuid, varchar[], bigint[]);
