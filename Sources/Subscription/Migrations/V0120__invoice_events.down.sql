DROP TRIGGER publish ON main.credit_notes;
DROP FUNCTION main.announce_credit_note();
DROP TRIGGER publish ON main.invoice;
DROP FUNCTION main.announce_invoice();
DROP FUNCTION main.invoice_mail(uuid, uuid);
