-- Invoices with numbers, terms and lines that explain themselves; credit notes; and a ledger of every movement of money. What was
-- issued never changes: these triggers refuse it, whoever asks. Errors: ARC10, a change of what was issued; ARC11, a credit above
-- what is left (DETAIL: how much that is).
ALTER TABLE main.invoice
    ADD COLUMN number varchar(60),
    ADD COLUMN series varchar(20),
    ADD COLUMN sequence bigint,
    ADD COLUMN ordinal integer,
    ADD COLUMN due_on varchar(10),
    ADD COLUMN discount bigint,
    ADD COLUMN tax bigint,
    ADD COLUMN credit bigint,
    ADD COLUMN credit_balance bigint,
    ADD COLUMN credited bigint,
    ADD COLUMN seller jsonb,
    ADD COLUMN buyer jsonb;
COMMENT ON COLUMN main.invoice.ordinal IS 'which invoice of its subscription it is, from 1; of those that the billing engine made';
COMMENT ON COLUMN main.invoice.credit IS 'taken from the account credit; negative: added to it';
COMMENT ON COLUMN main.invoice.credited IS 'by how much credit notes have reduced what is due';
ALTER TABLE main.invoice_lines
    ADD COLUMN kind varchar(20),
    ADD COLUMN details jsonb;

-- One row for each series. Whoever issues holds it until the end of the transaction, so that no number is lost or given twice.
CREATE TABLE main.invoice_series (
    name varchar(20) PRIMARY KEY,
    last_number bigint NOT NULL CHECK (last_number > 0)
) WITH (fillfactor = 20);

CREATE TABLE main.credit_notes (
    id uuid PRIMARY KEY,
    invoice_id uuid NOT NULL REFERENCES main.invoice (id),
    subscription_id uuid,
    tenant_id uuid,
    number varchar(60),
    series varchar(20),
    sequence bigint,
    ordinal integer,
    currency_code varchar(3) NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    tax bigint NOT NULL CHECK (tax >= 0),
    total bigint NOT NULL CHECK (total >= 0),
    destination varchar(10) NOT NULL CHECK (destination IN ('payer', 'invoice', 'account', 'refund')),
    reason varchar(500),
    issued_on varchar(10) NOT NULL,
    seller jsonb,
    buyer jsonb,
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1
);
COMMENT ON COLUMN main.credit_notes.ordinal IS 'which credit note of its subscription it is, from 1; of those that the billing engine made';
COMMENT ON COLUMN main.credit_notes.destination IS 'what becomes of it: less is due on the invoice, account credit, or a refund; payer is one of the first and the last';
CREATE INDEX idx_credit_notes_invoice ON main.credit_notes (invoice_id, id);
CREATE INDEX idx_credit_notes_tenant ON main.credit_notes (tenant_id, id);
CREATE UNIQUE INDEX idx_credit_notes_number ON main.credit_notes (series, sequence);
CREATE UNIQUE INDEX idx_credit_notes_ordinal ON main.credit_notes (subscription_id, ordinal);

CREATE TABLE main.credit_note_lines (
    id uuid PRIMARY KEY,
    credit_note_id uuid NOT NULL REFERENCES main.credit_notes (id),
    invoice_line_id uuid NOT NULL REFERENCES main.invoice_lines (id),
    tenant_id uuid,
    position smallint NOT NULL CHECK (position > 0),
    description varchar(500) NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    tax bigint NOT NULL CHECK (tax >= 0),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX idx_credit_note_lines_position ON main.credit_note_lines (credit_note_id, position);
CREATE INDEX idx_credit_note_lines_line ON main.credit_note_lines (invoice_line_id);
CREATE INDEX idx_credit_note_lines_tenant ON main.credit_note_lines (tenant_id);

-- Debits are positive and credits negative, in minor units.
CREATE TABLE main.ledger_entries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    transaction_id uuid NOT NULL,
    kind varchar(20) NOT NULL,
    tenant_id uuid,
    invoice_id uuid REFERENCES main.invoice (id),
    credit_note_id uuid REFERENCES main.credit_notes (id),
    account varchar(20) NOT NULL CHECK (account IN (
        'receivable', 'revenue', 'discounts', 'tax', 'customer_credit', 'credit_granted', 'cash', 'refunds_payable', 'bad_debt')),
    currency_code varchar(3) NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),
    booked_on timestamptz NOT NULL DEFAULT current_timestamp,
    row_version bigint NOT NULL DEFAULT 1
);
CREATE INDEX idx_ledger_entries_transaction ON main.ledger_entries (transaction_id);
CREATE INDEX idx_ledger_entries_invoice ON main.ledger_entries (invoice_id);
CREATE INDEX idx_ledger_entries_note ON main.ledger_entries (credit_note_id);
CREATE INDEX idx_ledger_entries_tenant ON main.ledger_entries (tenant_id, id);

-- When a transaction commits, all its entries are there.
CREATE FUNCTION main.balance_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM main.ledger_entries WHERE transaction_id = NEW.transaction_id
        GROUP BY currency_code HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'the entries of the transaction % do not add up to zero', NEW.transaction_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER balance AFTER INSERT ON main.ledger_entries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION main.balance_ledger();

CREATE FUNCTION main.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'ARC10';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON main.ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION main.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON main.credit_note_lines
    FOR EACH ROW EXECUTE FUNCTION main.refuse_change();

-- The entries of one transaction; what is zero is left out.
CREATE FUNCTION main.post_ledger(
    event varchar, tenant uuid, invoice uuid, note uuid, currency varchar, accounts varchar[], amounts bigint[]
) RETURNS void LANGUAGE sql AS $$
    WITH transaction AS MATERIALIZED (SELECT gen_random_uuid() AS id)
    INSERT INTO main.ledger_entries (
        transaction_id, kind, tenant_id, invoice_id, credit_note_id, account, currency_code, amount)
    SELECT transaction.id, event, tenant, invoice, note, entry.account, currency, entry.amount
    FROM transaction, unnest(accounts, amounts) AS entry (account, amount) WHERE entry.amount <> 0
$$;

-- What an invoice is for the ledger. One that was deleted before it was paid is void; those without a number are not in it.
CREATE FUNCTION main.invoice_stage(number varchar, status varchar, deleted boolean) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN number IS NULL THEN 'none'
        WHEN status = 'paid' THEN 'paid'
        WHEN deleted OR status IN ('void', 'voided') THEN 'void'
        WHEN status = 'uncollectible' THEN 'uncollectible'
        ELSE 'open' END
$$;

-- Gives an invoice that is no draft any more the next number of its series, and says who is billed as it is known now.
CREATE FUNCTION main.issue_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.number IS NOT NULL THEN
            -- From another installation, whose series it belongs to.
            NEW.series := NULL;
            NEW.sequence := NULL;
            RETURN NEW;
        END IF;
    ELSIF OLD.number IS NOT NULL THEN
        IF (NEW.number, NEW.series, NEW.sequence, NEW.ordinal, NEW.tenant_id, NEW.currency_code, NEW.subtotal, NEW.discount, NEW.tax,
                NEW.credit, NEW.credit_balance, NEW.total, NEW.period_start, NEW.period_end, NEW.issued_on, NEW.due_on)
            IS DISTINCT FROM
            (OLD.number, OLD.series, OLD.sequence, OLD.ordinal, OLD.tenant_id, OLD.currency_code, OLD.subtotal, OLD.discount, OLD.tax,
                OLD.credit, OLD.credit_balance, OLD.total, OLD.period_start, OLD.period_end, OLD.issued_on, OLD.due_on)
            OR NEW.invoice_status = 'draft' OR NEW.invoice_status IS NULL
            -- An erasure may take the names of the parties, and nothing may replace them.
            OR (NEW.seller IS DISTINCT FROM OLD.seller AND NEW.seller IS NOT NULL)
            OR (NEW.buyer IS DISTINCT FROM OLD.buyer AND NEW.buyer IS NOT NULL)
            OR coalesce(NEW.credited, 0) < coalesce(OLD.credited, 0)
        THEN
            RAISE EXCEPTION 'an issued invoice is not changed' USING ERRCODE = 'ARC10',
                DETAIL = 'An invoice that was issued is corrected by a credit note.';
        END IF;
        RETURN NEW;
    ELSIF OLD.invoice_status IS DISTINCT FROM 'draft' THEN
        RETURN NEW;
    END IF;
    IF NEW.total IS NULL OR NEW.currency_code IS NULL OR NEW.deleted OR NEW.invoice_status IS NULL
        OR NEW.invoice_status IN ('draft', 'void', 'voided')
    THEN
        RETURN NEW;
    END IF;
    NEW.series := coalesce(NEW.series, 'INV');
    NEW.issued_on := coalesce(NEW.issued_on, to_char(current_timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD'));
    NEW.due_on := coalesce(NEW.due_on, NEW.issued_on);
    IF NEW.buyer IS NULL THEN
        SELECT jsonb_strip_nulls(jsonb_build_object(
                'firstName', known.first_name, 'lastName', known.last_name, 'company', known.company,
                'billingAddress', known.billing_address, 'options', (
                    SELECT jsonb_object_agg(key, value) FROM jsonb_each(known.options)
                    WHERE key IN ('locale', 'vatId', 'registration', 'electronicAddress', 'buyerReference', 'street', 'branding'))))
            INTO NEW.buyer
            FROM main.billing_customer AS customer JOIN main.ledger_customers AS known ON known.id = customer.id
            WHERE customer.id = NEW.billing_customer_id
                OR (NEW.billing_customer_id IS NULL AND customer.tenant_id = NEW.tenant_id::text AND NOT customer.deleted);
    END IF;
    INSERT INTO main.invoice_series AS held (name, last_number) VALUES (NEW.series, 1)
        ON CONFLICT (name) DO UPDATE SET last_number = held.last_number + 1 RETURNING last_number INTO NEW.sequence;
    NEW.number := NEW.series || '-' || lpad(NEW.sequence::text, greatest(6, length(NEW.sequence::text)), '0');
    RETURN NEW;
END
$$;
CREATE TRIGGER issue BEFORE INSERT OR UPDATE ON main.invoice FOR EACH ROW EXECUTE FUNCTION main.issue_invoice();

-- Posts what became of an invoice.
CREATE FUNCTION main.post_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text := 'none';
    stage text := main.invoice_stage(NEW.number, NEW.invoice_status, NEW.deleted);
    due bigint;
    added bigint;
    owing varchar;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        was := main.invoice_stage(OLD.number, OLD.invoice_status, OLD.deleted);
    ELSIF NEW.sequence IS NULL THEN
        RETURN NULL;
    END IF;
    IF stage = was OR stage = 'none' THEN
        RETURN NULL;
    END IF;
    IF was = 'void' THEN
        RAISE EXCEPTION 'a voided invoice stays so' USING ERRCODE = 'ARC10', DETAIL = 'The invoice was voided.';
    END IF;
    IF was = 'none' THEN
        -- The part of the tax that the amounts do not contain.
        added := NEW.total - NEW.subtotal + coalesce(NEW.discount, 0) + coalesce(NEW.credit, 0);
        PERFORM main.post_ledger(
            'issue', NEW.tenant_id, NEW.id, NULL, NEW.currency_code,
            ARRAY['receivable', 'customer_credit', 'discounts', 'tax', 'revenue'],
            ARRAY[NEW.total, coalesce(NEW.credit, 0), coalesce(NEW.discount, 0), -coalesce(NEW.tax, added),
                coalesce(NEW.tax, added) - added - NEW.subtotal]);
        was := 'open';
    END IF;
    IF stage = was THEN
        RETURN NULL;
    END IF;
    IF stage = 'void' THEN
        PERFORM main.post_ledger('void', NEW.tenant_id, NEW.id, NULL, NEW.currency_code, held.accounts, held.amounts) FROM (
            SELECT array_agg(account) AS accounts, array_agg(-amount) AS amounts FROM (
                SELECT account, sum(amount)::bigint AS amount FROM main.ledger_entries WHERE invoice_id = NEW.id GROUP BY account
            ) AS balance) AS held;
        RETURN NULL;
    END IF;
    -- What is to be paid moves from one account to another.
    due := NEW.total - coalesce(NEW.credited, 0);
    owing := CASE was WHEN 'open' THEN 'receivable' WHEN 'uncollectible' THEN 'bad_debt' ELSE 'cash' END;
    PERFORM main.post_ledger(
        CASE stage WHEN 'paid' THEN 'payment' WHEN 'uncollectible' THEN 'write_off' ELSE 'reversal' END,
        NEW.tenant_id, NEW.id, NULL, NEW.currency_code,
        ARRAY[CASE stage WHEN 'paid' THEN 'cash' WHEN 'uncollectible' THEN 'bad_debt' ELSE 'receivable' END, owing],
        ARRAY[due, -due]);
    RETURN NULL;
END
$$;
CREATE TRIGGER post AFTER INSERT OR UPDATE ON main.invoice FOR EACH ROW EXECUTE FUNCTION main.post_invoice();

-- Lines belong to drafts: with the number they are settled.
CREATE FUNCTION main.keep_invoice_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    issued record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.invoice_id, NEW.position, NEW.description, NEW.plan_id, NEW.quantity, NEW.unit_amount, NEW.amount, NEW.period_start,
                NEW.period_end, NEW.kind, NEW.details, NEW.deleted)
            IS NOT DISTINCT FROM
            (OLD.invoice_id, OLD.position, OLD.description, OLD.plan_id, OLD.quantity, OLD.unit_amount, OLD.amount, OLD.period_start,
                OLD.period_end, OLD.kind, OLD.details, OLD.deleted)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    SELECT number, sequence, row_version = 1 AND xmin = pg_current_xact_id()::xid AS is_new INTO issued FROM main.invoice
        WHERE id = CASE TG_OP WHEN 'INSERT' THEN NEW.invoice_id ELSE OLD.invoice_id END FOR SHARE;
    -- The lines of an invoice follow it in its transaction, and those of another installation when they are restored.
    IF issued.number IS NOT NULL AND NOT (TG_OP = 'INSERT' AND (issued.sequence IS NULL OR issued.is_new)) THEN
        RAISE EXCEPTION 'lines of an issued invoice are not changed' USING ERRCODE = 'ARC10',
            DETAIL = 'An invoice that was issued is corrected by a credit note.';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER keep BEFORE INSERT OR UPDATE OR DELETE ON main.invoice_lines
    FOR EACH ROW EXECUTE FUNCTION main.keep_invoice_lines();

-- Numbers a credit note, and decides what becomes of it: nothing is paid back that was not paid.
CREATE FUNCTION main.issue_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    billed main.invoice;
    stage text;
    remaining bigint;
BEGIN
    IF NEW.number IS NOT NULL THEN
        NEW.series := NULL;
        NEW.sequence := NULL;
        RETURN NEW;
    END IF;
    SELECT * INTO billed FROM main.invoice WHERE id = NEW.invoice_id FOR UPDATE;
    stage := main.invoice_stage(billed.number, billed.invoice_status, billed.deleted);
    IF stage IN ('none', 'void') OR stage IS NULL THEN
        RAISE EXCEPTION 'only an issued invoice is credited' USING ERRCODE = 'ARC10',
            DETAIL = 'Only an invoice that was issued, and not voided, can be credited.';
    END IF;
    -- Of an invoice with lines below zero, the engine knows what is left of the others.
    IF NEW.ordinal IS NULL THEN
        -- Also what account credit has paid can be given back.
        SELECT billed.total + coalesce(billed.credit, 0) - coalesce(sum(total), 0) INTO remaining
            FROM main.credit_notes WHERE invoice_id = NEW.invoice_id;
        IF NEW.total > remaining THEN
            RAISE EXCEPTION 'more than what is left of the invoice' USING ERRCODE = 'ARC11',
                DETAIL = greatest(remaining, 0)::text;
        END IF;
    END IF;
    remaining := CASE stage WHEN 'paid' THEN 0 ELSE billed.total - coalesce(billed.credited, 0) END;
    IF NEW.destination = 'payer' THEN
        NEW.destination := CASE WHEN stage <> 'paid' AND NEW.total <= remaining THEN 'invoice' ELSE 'refund' END;
    ELSIF NEW.destination = 'invoice' AND NEW.total > remaining THEN
        RAISE EXCEPTION 'more than what is due' USING ERRCODE = 'ARC11', DETAIL = remaining::text;
    END IF;
    NEW.tenant_id := billed.tenant_id;
    NEW.seller := billed.seller;
    NEW.buyer := billed.buyer;
    NEW.series := coalesce(NEW.series, 'CN');
    INSERT INTO main.invoice_series AS held (name, last_number) VALUES (NEW.series, 1)
        ON CONFLICT (name) DO UPDATE SET last_number = held.last_number + 1 RETURNING last_number INTO NEW.sequence;
    NEW.number := NEW.series || '-' || lpad(NEW.sequence::text, greatest(6, length(NEW.sequence::text)), '0');
    RETURN NEW;
END
$$;
CREATE TRIGGER issue BEFORE INSERT ON main.credit_notes FOR EACH ROW EXECUTE FUNCTION main.issue_credit_note();

CREATE FUNCTION main.keep_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - 'seller' - 'buyer' - 'reason' - 'modified_on' - 'modified_by' - 'row_version')
        <> (to_jsonb(OLD) - 'seller' - 'buyer' - 'reason' - 'modified_on' - 'modified_by' - 'row_version')
        OR (NEW.seller IS DISTINCT FROM OLD.seller AND NEW.seller IS NOT NULL)
        OR (NEW.buyer IS DISTINCT FROM OLD.buyer AND NEW.buyer IS NOT NULL)
        -- A reason may be given once, in the transaction of the note.
        OR (NEW.reason IS DISTINCT FROM OLD.reason AND NEW.reason IS NOT NULL
            AND (OLD.reason IS NOT NULL OR OLD.created_on < date_trunc('milliseconds', current_timestamp)))
    THEN
        RAISE EXCEPTION 'a credit note is not changed' USING ERRCODE = 'ARC10', DETAIL = 'A credit note never changes.';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON main.credit_notes FOR EACH ROW EXECUTE FUNCTION main.keep_credit_note();
CREATE TRIGGER touch_row BEFORE UPDATE ON main.credit_notes FOR EACH ROW EXECUTE FUNCTION main.touch_row();

-- What was credited leaves the revenue and the tax, and goes where the note says.
CREATE FUNCTION main.post_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owing varchar;
    net bigint;
BEGIN
    IF NEW.sequence IS NULL THEN
        RETURN NULL;
    END IF;
    -- With a tax within the amount, the total is the amount.
    net := NEW.total - NEW.tax;
    SELECT CASE NEW.destination WHEN 'account' THEN 'customer_credit' WHEN 'refund' THEN 'refunds_payable'
            ELSE CASE main.invoice_stage(number, invoice_status, deleted) WHEN 'uncollectible' THEN 'bad_debt' ELSE 'receivable' END
        END INTO owing FROM main.invoice WHERE id = NEW.invoice_id;
    PERFORM main.post_ledger(
        'credit_note', NEW.tenant_id, NEW.invoice_id, NEW.id, NEW.currency_code, ARRAY['revenue', 'tax', owing],
        ARRAY[net, NEW.tax, -NEW.total]);
    IF NEW.destination = 'refund' THEN
        PERFORM main.post_ledger(
            'refund', NEW.tenant_id, NEW.invoice_id, NEW.id, NEW.currency_code, ARRAY['refunds_payable', 'cash'],
            ARRAY[NEW.total, -NEW.total]);
    ELSIF NEW.destination = 'invoice' THEN
        UPDATE main.invoice SET credited = coalesce(credited, 0) + NEW.total,
            invoice_status = CASE WHEN total = coalesce(credited, 0) + NEW.total THEN 'paid' ELSE invoice_status END
            WHERE id = NEW.invoice_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER post AFTER INSERT ON main.credit_notes FOR EACH ROW EXECUTE FUNCTION main.post_credit_note();

-- No line gives back more than it billed.
CREATE FUNCTION main.cap_credit_line() RETURNS trigger LANGUAGE plpgsql AS $$
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

ALTER TABLE main.invoice_series ENABLE ROW LEVEL SECURITY;
CREATE POLICY numbering ON main.invoice_series
    USING ((SELECT coalesce(current_setting('app.tenant_id', true), '') <> ''));
DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['credit_notes', 'credit_note_lines', 'ledger_entries']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', entity);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON main.%I
                USING (
                    (SELECT current_setting(''app.tenant_id'', true) = ''*'')
                    OR tenant_id::text = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')))
                WITH CHECK (
                    current_setting(''app.tenant_id'', true) = ''*''
                    OR tenant_id::text = nullif(current_setting(''app.tenant_id'', true), ''''))',
            entity);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.invoice_series, main.credit_notes TO subscription_app;
        GRANT SELECT, INSERT ON main.credit_note_lines, main.ledger_entries TO subscription_app;
    END IF;
END
$$;
