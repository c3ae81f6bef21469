DROP TRIGGER post ON main.invoice;
DROP TRIGGER issue ON main.invoice;
DROP TRIGGER keep ON main.invoice_lines;
DROP TABLE main.ledger_entries;
DROP TABLE main.credit_note_lines;
DROP TABLE main.credit_notes;
DROP TABLE main.invoice_series;
DROP FUNCTION main.cap_credit_line();
DROP FUNCTION main.post_credit_note();
DROP FUNCTION main.keep_credit_note();
DROP FUNCTION main.issue_credit_note();
DROP FUNCTION main.keep_invoice_lines();
DROP FUNCTION main.post_invoice();
DROP FUNCTION main.issue_invoice();
DROP FUNCTION main.invoice_stage(varchar, varchar, boolean);
DROP FUNCTION main.post_ledger(varchar, uuid, uuid, uuid, varchar, varchar[], bigint[]);
DROP FUNCTION main.refuse_change();
DROP FUNCTION main.balance_ledger();
ALTER TABLE main.invoice_lines
    DROP COLUMN details,
    DROP COLUMN kind;
ALTER TABLE main.invoice
    DROP COLUMN buyer,
    DROP COLUMN seller,
    DROP COLUMN credited,
    DROP COLUMN credit_balance,
    DROP COLUMN credit,
    DROP COLUMN tax,
    DROP COLUMN discount,
    DROP COLUMN due_on,
    DROP COLUMN ordinal,
    DROP COLUMN sequence,
    DROP COLUMN series,
    DROP COLUMN number;
