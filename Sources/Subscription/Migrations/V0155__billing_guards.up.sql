-- Guards of what was billed: against a clock that is behind, and against sequences of statements that the triggers of migration 100
-- let pass.

ALTER TABLE main.subscription_billing ADD COLUMN settled_on date;
COMMENT ON COLUMN main.subscription_billing.settled_on IS
    'the latest day of the calendar of the subscriber that something was stored on: nothing is stored on an earlier one';

-- No line gives back more than it billed, nor a note more than it says, in whatever order and transactions its lines are written. Whoever
-- credits the same line at the same time waits for the end of the transaction, and then counts what it has credited.
CREATE OR REPLACE FUNCTION main.cap_credit_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    billed bigint;
    noted bigint;
    credited bigint;
BEGIN
    SELECT note.amount INTO noted FROM main.credit_notes AS note WHERE note.id = NEW.credit_note_id FOR NO KEY UPDATE;
    SELECT line.amount INTO billed FROM main.invoice_lines AS line
        WHERE line.id = NEW.invoice_line_id
            AND line.invoice_id = (SELECT invoice_id FROM main.credit_notes WHERE id = NEW.credit_note_id)
        FOR NO KEY UPDATE;
    SELECT coalesce(sum(amount), 0) INTO credited FROM main.credit_note_lines WHERE invoice_line_id = NEW.invoice_line_id;
    IF billed IS NULL OR credited > billed THEN
        RAISE EXCEPTION 'more than what is left of the line' USING ERRCODE = 'ARC11',
            DETAIL = greatest(coalesce(billed - credited + NEW.amount, 0), 0)::text;
    END IF;
    SELECT coalesce(sum(amount), 0) INTO credited FROM main.credit_note_lines WHERE credit_note_id = NEW.credit_note_id;
    IF noted IS NULL OR credited > noted THEN
        RAISE EXCEPTION 'more than the credit note' USING ERRCODE = 'ARC10', DETAIL = 'A credit note never changes.';
    END IF;
    RETURN NULL;
END
$$;
-- Contract: the trigger below does what this one did, for nodes of the former release, too.
DROP TRIGGER cap ON main.credit_note_lines;
-- Locks: few rows, and those who write them wait for a moment.
CREATE TRIGGER cap AFTER INSERT OR UPDATE ON main.credit_note_lines FOR EACH ROW EXECUTE FUNCTION main.cap_credit_line();

-- Only credit notes and prepaid credits reduce what is due on an issued invoice, and it stays the invoice of its subscription, by which
-- it is unique.
CREATE FUNCTION main.guard_issued_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.subscription_id IS DISTINCT FROM OLD.subscription_id AND NEW.ordinal IS NOT NULL THEN
        RAISE EXCEPTION 'an issued invoice is not changed' USING ERRCODE = 'ARC10',
            DETAIL = 'An invoice that was issued is corrected by a credit note.';
    END IF;
    IF coalesce(NEW.credited, 0) <> coalesce(OLD.credited, 0) AND NEW.credited <> (
        SELECT coalesce(sum(total), 0) FROM main.credit_notes WHERE invoice_id = NEW.id AND destination = 'invoice') + (
        SELECT coalesce(-sum(amount), 0) FROM main.credit_uses WHERE invoice_id = NEW.id AND kind = 'burn')
    THEN
        RAISE EXCEPTION 'only credits and credit notes reduce what is due' USING ERRCODE = 'ARC10',
            DETAIL = 'An invoice that was issued is corrected by a credit note.';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER guard_issued AFTER UPDATE OF subscription_id, credited ON main.invoice
    FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION main.guard_issued_invoice();

-- No more is paid back than was paid. The part that account credit has paid goes back to it, and an open invoice is credited instead.
CREATE FUNCTION main.refund_what_was_paid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_paid boolean;
    rest bigint;
BEGIN
    -- What prepaid credits have paid comes back to them.
    SELECT main.invoice_stage(number, invoice_status, deleted) = 'paid', total - coalesce(credited, 0) + (
            SELECT coalesce(-sum(amount), 0)::bigint FROM main.credit_uses WHERE invoice_id = NEW.invoice_id AND kind = 'burn')
        INTO is_paid, rest
        FROM main.invoice WHERE id = NEW.invoice_id;
    IF is_paid THEN
        SELECT rest - coalesce(sum(total), 0) INTO rest
            FROM main.credit_notes WHERE invoice_id = NEW.invoice_id AND destination = 'refund';
    END IF;
    IF is_paid IS NOT TRUE OR NEW.total > rest THEN
        RAISE EXCEPTION 'more than what was paid' USING ERRCODE = 'ARC11', DETAIL = greatest(coalesce(rest, 0), 0)::text;
    END IF;
    RETURN NEW;
END
$$;
-- Its name comes after that of the trigger which decides about the destination.
CREATE TRIGGER refund BEFORE INSERT ON main.credit_notes
    FOR EACH ROW WHEN (NEW.destination = 'refund' AND NEW.sequence IS NOT NULL)
    EXECUTE FUNCTION main.refund_what_was_paid();

REVOKE ALL ON FUNCTION main.guard_issued_invoice(), main.refund_what_was_paid() FROM PUBLIC;
