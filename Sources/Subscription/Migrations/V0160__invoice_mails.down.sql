CREATE OR REPLACE FUNCTION main.announce_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stage constant text := main.invoice_stage(NEW.number, NEW.invoice_status, NEW.deleted);
    was text := 'none';
    found_types varchar[] := '{}';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        was := main.invoice_stage(OLD.number, OLD.invoice_status, OLD.deleted);
    END IF;
    IF stage = was OR NEW.tenant_id IS NULL OR NEW.sequence IS NULL THEN
        RETURN NULL;
    END IF;
    IF was = 'none' THEN
        found_types := ARRAY['INVOICE_ISSUED'];
    END IF;
    IF stage <> 'open' THEN
        found_types := found_types || ('INVOICE_' || CASE stage WHEN 'void' THEN 'VOIDED' ELSE upper(stage) END)::varchar;
    END IF;
    INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
    SELECT gen_random_uuid(), type, 1, NEW.tenant_id, date_trunc('milliseconds', now()), json_build_object(
            'tenantId', NEW.tenant_id, 'invoiceId', NEW.id, 'subscriptionId', NEW.subscription_id, 'number', NEW.number,
            'currencyCode', NEW.currency_code, 'total', NEW.total, 'issuedOn', NEW.issued_on, 'dueOn', NEW.due_on)
    FROM unnest(found_types) AS type;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION main.announce_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
    VALUES (
        gen_random_uuid(), 'CREDIT_NOTE_ISSUED', 1, NEW.tenant_id, date_trunc('milliseconds', now()), json_build_object(
            'tenantId', NEW.tenant_id, 'invoiceId', NEW.invoice_id, 'creditNoteId', NEW.id, 'subscriptionId', NEW.subscription_id,
            'number', NEW.number, 'currencyCode', NEW.currency_code, 'total', NEW.total, 'destination', NEW.destination,
            'issuedOn', NEW.issued_on));
    RETURN NULL;
END
$$;

DROP FUNCTION main.invoice_mail(uuid, uuid);
