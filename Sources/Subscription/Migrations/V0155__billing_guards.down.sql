DROP TRIGGER refund ON main.credit_notes;
DROP FUNCTION main.refund_what_was_paid();
DROP TRIGGER guard_issued ON main.invoice;
DROP FUNCTION main.guard_issued_invoice();
DROP TRIGGER cap ON main.credit_note_lines;
CREATE OR REPLACE FUNCTION main.cap_credit_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    remaining bigint;
BEGIN
    SELECT line.amount - (SELECT coalesce(sum(earlier.amount), 0) FROM main.credit_note_lines AS earlier
            WHERE earlier.invoice_line_id = line.id)
        INTO remaining
        FROM main.invoice_lines AS line JOIN main.credit_notes AS note ON note.id = NEW.credit_note_id
        WHERE line.id = NEW.invoice_line_id AND line.invoice_id = note.invoice_id;
    IF remaining IS NULL OR NEW.amount > remaining THEN
        RAISE EXCEPTION 'more than what is left of the line' USING ERRCODE = 'ARC11',
            DETAIL = greatest(coalesce(remaining, 0), 0)::text;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER cap BEFORE INSERT ON main.credit_note_lines FOR EACH ROW EXECUTE FUNCTION main.cap_credit_line();
ALTER TABLE main.subscription_billing DROP COLUMN settled_on;
