-- Who gets a mail about an invoice or a credit note, and the locale of that person; NULL if nobody does. The events contain it, so that
-- the transaction that causes a mail also asks for it. There are no mails for tenants on test clocks: a clock that advances by years
-- would send dozens.
CREATE FUNCTION main.invoice_mail(tenant uuid, customer uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN NOT EXISTS (SELECT FROM main.test_clocks AS clock WHERE clock.tenant_id = tenant) THEN coalesce((
            SELECT jsonb_strip_nulls(jsonb_build_object('to', known.email, 'locale', left(known.options ->> 'locale', 35)))
            FROM main.billing_customer AS billed JOIN main.ledger_customers AS known ON known.id = billed.id
            WHERE NOT billed.deleted AND billed.id = coalesce(
                customer, (SELECT id FROM main.billing_customer WHERE tenant_id = tenant::text AND NOT deleted LIMIT 1))),
        '{}') END
$$;

-- Every change of an invoice's stage is announced, whoever causes it. The triggers run when the transaction commits, since events lock the
-- lane of their tenant, and the series of numbers are locked before.
CREATE FUNCTION main.announce_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stage constant text := main.invoice_stage(NEW.number, NEW.invoice_status, NEW.deleted);
    was text := 'none';
    found_types varchar[] := '{}';
    mail jsonb;
    due bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        was := main.invoice_stage(OLD.number, OLD.invoice_status, OLD.deleted);
    END IF;
    IF stage = was OR NEW.tenant_id IS NULL OR NEW.sequence IS NULL THEN
        RETURN NULL;
    END IF;
    IF was = 'none' THEN
        found_types := ARRAY['INVOICE_ISSUED'];
        -- One that is paid in the transaction that issues it, by prepaid credits perhaps, has one mail, which says that nothing is due.
        SELECT CASE WHEN main.invoice_stage(number, invoice_status, deleted) = 'open' THEN total - coalesce(credited, 0) ELSE 0 END
            INTO due FROM main.invoice WHERE id = NEW.id;
        mail := main.invoice_mail(NEW.tenant_id, NEW.billing_customer_id) || jsonb_build_object(
            'amount', due, 'isCollected', NEW.collection_method IS NOT DISTINCT FROM 'automatic');
    ELSIF stage = 'paid' AND NEW.total > coalesce(NEW.credited, 0) THEN
        -- Of what was credited completely, the credit note is the mail.
        mail := main.invoice_mail(NEW.tenant_id, NEW.billing_customer_id)
            || jsonb_build_object('amount', NEW.total - coalesce(NEW.credited, 0));
    END IF;
    IF stage <> 'open' THEN
        found_types := found_types || ('INVOICE_' || CASE stage WHEN 'void' THEN 'VOIDED' ELSE upper(stage) END)::varchar;
    END IF;
    INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
    SELECT gen_random_uuid(), type, 1, NEW.tenant_id, date_trunc('milliseconds', now()), jsonb_build_object(
            'tenantId', NEW.tenant_id, 'invoiceId', NEW.id, 'subscriptionId', NEW.subscription_id, 'number', NEW.number,
            'currencyCode', NEW.currency_code, 'total', NEW.total, 'issuedOn', NEW.issued_on, 'dueOn', NEW.due_on)
            || CASE WHEN mail IS NOT NULL AND type = found_types[1] THEN jsonb_build_object('mail', mail) ELSE '{}' END
    FROM unnest(found_types) AS type;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER publish AFTER INSERT OR UPDATE ON main.invoice DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.sequence IS NOT NULL) EXECUTE FUNCTION main.announce_invoice();

CREATE FUNCTION main.announce_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    corrected record;
    mail jsonb;
BEGIN
    SELECT number, billing_customer_id INTO corrected FROM main.invoice WHERE id = NEW.invoice_id;
    mail := main.invoice_mail(NEW.tenant_id, corrected.billing_customer_id)
        || jsonb_strip_nulls(jsonb_build_object('invoiceNumber', corrected.number));
    INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
    VALUES (
        gen_random_uuid(), 'CREDIT_NOTE_ISSUED', 1, NEW.tenant_id, date_trunc('milliseconds', now()), jsonb_build_object(
            'tenantId', NEW.tenant_id, 'invoiceId', NEW.invoice_id, 'creditNoteId', NEW.id, 'subscriptionId', NEW.subscription_id,
            'number', NEW.number, 'currencyCode', NEW.currency_code, 'total', NEW.total, 'destination', NEW.destination,
            'issuedOn', NEW.issued_on) || CASE WHEN mail IS NOT NULL THEN jsonb_build_object('mail', mail) ELSE '{}' END);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER publish AFTER INSERT ON main.credit_notes DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.sequence IS NOT NULL AND NEW.tenant_id IS NOT NULL) EXECUTE FUNCTION main.announce_credit_note();
