-- Prepaid credits: grants that invoices use up, by priority and then by what expires first. Every movement is in the ledger.
CREATE TABLE main.credit_grants (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    name varchar(200),
    currency_code varchar(3) NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    remaining bigint NOT NULL DEFAULT -1 CHECK (remaining >= 0 AND remaining <= amount),
    priority smallint NOT NULL DEFAULT 100,
    meters jsonb,
    expires_on timestamptz,
    is_paid boolean NOT NULL DEFAULT false,
    revoked_on timestamptz,
    created_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    modified_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    row_version bigint NOT NULL DEFAULT 1
);
COMMENT ON COLUMN main.credit_grants.priority IS 'the smallest is used first';
COMMENT ON COLUMN main.credit_grants.meters IS 'keys of the meters whose usage it pays; NULL: everything';
COMMENT ON COLUMN main.credit_grants.is_paid IS 'the tenant has paid for it: what expires is revenue';
COMMENT ON COLUMN main.credit_grants.revoked_on IS 'when what was left was taken back; what comes back later is taken back at once';
CREATE INDEX idx_credit_grants_order ON main.credit_grants (tenant_id, currency_code, priority, expires_on, id) WHERE remaining > 0;
CREATE INDEX idx_credit_grants_expiry ON main.credit_grants (expires_on) WHERE remaining > 0 AND expires_on IS NOT NULL;
CREATE INDEX idx_credit_grants_tenant ON main.credit_grants (tenant_id, id);
CREATE INDEX idx_credit_grants_created ON main.credit_grants (created_on DESC, id) WHERE NOT deleted;
CREATE TRIGGER touch_row BEFORE UPDATE ON main.credit_grants FOR EACH ROW EXECUTE FUNCTION main.touch_row();

CREATE TABLE main.credit_uses (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    position bigint GENERATED ALWAYS AS IDENTITY,
    grant_id uuid NOT NULL REFERENCES main.credit_grants (id),
    tenant_id uuid NOT NULL,
    kind varchar(10) NOT NULL CHECK (kind IN ('grant', 'burn', 'return', 'expiry', 'revoke')),
    amount bigint NOT NULL CHECK (amount <> 0),
    invoice_id uuid REFERENCES main.invoice (id),
    credit_note_id uuid REFERENCES main.credit_notes (id),
    occurred_on timestamptz NOT NULL DEFAULT date_trunc('milliseconds', current_timestamp),
    row_version bigint NOT NULL DEFAULT 1
);
COMMENT ON COLUMN main.credit_uses.position IS 'the order of what has happened to a grant, whose row is locked meanwhile';
CREATE INDEX idx_credit_uses_grant ON main.credit_uses (grant_id, position);
CREATE INDEX idx_credit_uses_invoice ON main.credit_uses (invoice_id);
CREATE INDEX idx_credit_uses_note ON main.credit_uses (credit_note_id);
CREATE INDEX idx_credit_uses_tenant ON main.credit_uses (tenant_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON main.credit_uses FOR EACH ROW EXECUTE FUNCTION main.refuse_change();

-- Adds to what is left of a grant, or takes from it. The caller has locked the row.
CREATE FUNCTION main.move_credit(
    of_grant uuid, what varchar, delta bigint, invoice uuid, note uuid, accounts varchar[], amounts bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    owner main.credit_grants;
BEGIN
    UPDATE main.credit_grants SET remaining = remaining + delta WHERE id = of_grant RETURNING * INTO owner;
    INSERT INTO main.credit_uses (grant_id, tenant_id, kind, amount, invoice_id, credit_note_id)
    VALUES (of_grant, owner.tenant_id, what, delta, invoice, note);
    IF accounts IS NOT NULL THEN
        PERFORM main.post_ledger(
            'credit_' || what, owner.tenant_id, invoice, note, owner.currency_code, accounts, amounts);
    END IF;
END
$$;

-- A grant that was paid for is a debt; any other one is a discount in advance.
CREATE FUNCTION main.post_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One that is restored brings its movements along.
    IF NEW.created_on < date_trunc('milliseconds', current_timestamp) THEN
        RETURN NULL;
    END IF;
    INSERT INTO main.credit_uses (grant_id, tenant_id, kind, amount) VALUES (NEW.id, NEW.tenant_id, 'grant', NEW.amount);
    PERFORM main.post_ledger(
        'credit_grant', NEW.tenant_id, NULL, NULL, NEW.currency_code,
        ARRAY[CASE WHEN NEW.is_paid THEN 'cash' ELSE 'discounts' END, 'credit_granted'], ARRAY[NEW.amount, -NEW.amount]);
    RETURN NULL;
END
$$;
CREATE TRIGGER post AFTER INSERT ON main.credit_grants FOR EACH ROW EXECUTE FUNCTION main.post_grant();

CREATE FUNCTION main.keep_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.remaining := CASE WHEN NEW.remaining < 0 THEN NEW.amount ELSE NEW.remaining END;
        RETURN NEW;
    END IF;
    IF (NEW.tenant_id, NEW.currency_code, NEW.amount, NEW.is_paid) IS DISTINCT FROM
        (OLD.tenant_id, OLD.currency_code, OLD.amount, OLD.is_paid)
    THEN
        RAISE EXCEPTION 'a grant is not changed' USING ERRCODE = 'ARC10', DETAIL = 'What was granted never changes.';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep BEFORE INSERT OR UPDATE ON main.credit_grants FOR EACH ROW EXECUTE FUNCTION main.keep_grant();

-- An invoice that was issued is paid from the grants of its tenant, as far as they go. The rows are locked in the order in which they are
-- used, so that whoever comes later sees what is left.
CREATE FUNCTION main.use_credits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    billed main.invoice := NEW;
    due bigint;
    used bigint := 0;
    part bigint;
    room bigint;
    taken bigint;
    grants record;
    meter record;
    usage jsonb;
    moment timestamptz;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- At the end of the transaction, its lines are there, and perhaps more has happened.
        SELECT * INTO billed FROM main.invoice WHERE id = NEW.id;
    ELSIF main.invoice_stage(OLD.number, OLD.invoice_status, OLD.deleted) <> 'none' THEN
        RETURN NULL;
    END IF;
    due := billed.total - coalesce(billed.credited, 0);
    IF billed.sequence IS NULL OR billed.tenant_id IS NULL OR due <= 0
        OR main.invoice_stage(billed.number, billed.invoice_status, billed.deleted) <> 'open'
    THEN
        RETURN NULL;
    END IF;
    -- One that another provider has made is paid there, in full.
    IF billed.ordinal IS NULL AND billed.collection_method IS NULL AND billed.invoice_id !~ '^in_[0-9a-f]{24}$' THEN
        RETURN NULL;
    END IF;
    moment := main.tenant_now(billed.tenant_id);
    -- A clock that has moved by months has passed the days on which invoices are issued.
    IF EXISTS (SELECT FROM main.test_clocks WHERE tenant_id = billed.tenant_id) THEN
        moment := least(moment, billed.issued_on::date::timestamp AT TIME ZONE coalesce(
            (SELECT time_zone FROM main.subscription_billing WHERE id = billed.subscription_id), 'UTC'));
    END IF;
    FOR grants IN
        SELECT id, remaining, meters FROM main.credit_grants
        WHERE tenant_id = billed.tenant_id AND currency_code = billed.currency_code AND remaining > 0 AND NOT deleted
            AND (expires_on IS NULL OR expires_on > moment)
        ORDER BY priority, expires_on NULLS LAST, id FOR UPDATE
    LOOP
        EXIT WHEN used >= due;
        part := least(grants.remaining, due - used);
        IF grants.meters IS NOT NULL THEN
            -- What usage costs after discounts and with its taxes, less what other grants for it have paid.
            IF usage IS NULL THEN
                SELECT coalesce(jsonb_object_agg(item, amount), '{}') INTO usage FROM (
                    SELECT details ->> 'item' AS item, round(sum(amount + main.minor_units(
                        CASE WHEN details #>> '{taxes,0,inclusive}' = 'true' THEN 0
                            ELSE coalesce((details ->> 'taxShare')::numeric, 0) END
                        - coalesce((details ->> 'discountShare')::numeric, 0), billed.currency_code)))::bigint AS amount
                    FROM main.invoice_lines
                    WHERE invoice_id = billed.id AND kind = 'usage' AND details ->> 'item' IS NOT NULL AND NOT deleted
                    GROUP BY 1) AS line;
            END IF;
            room := part;
            FOR meter IN SELECT value AS key FROM jsonb_array_elements_text(grants.meters) ORDER BY value LOOP
                taken := greatest(0, least(room, coalesce((usage ->> meter.key)::bigint, 0)));
                IF taken > 0 THEN
                    usage := jsonb_set(usage, ARRAY[meter.key], to_jsonb((usage ->> meter.key)::bigint - taken));
                    room := room - taken;
                END IF;
            END LOOP;
            part := part - room;
        END IF;
        CONTINUE WHEN part <= 0;
        PERFORM main.move_credit(
            grants.id, 'burn', -part, billed.id, NULL, ARRAY['credit_granted', 'receivable'], ARRAY[part, -part]);
        used := used + part;
    END LOOP;
    IF used > 0 THEN
        UPDATE main.invoice SET credited = coalesce(credited, 0) + used,
            invoice_status = CASE WHEN total = coalesce(credited, 0) + used THEN 'paid' ELSE invoice_status END
            WHERE id = billed.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER prepaid AFTER UPDATE OF invoice_status ON main.invoice
    FOR EACH ROW EXECUTE FUNCTION main.use_credits();
CREATE CONSTRAINT TRIGGER prepaid_new AFTER INSERT ON main.invoice DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.number IS NOT NULL) EXECUTE FUNCTION main.use_credits();

-- Gives credits back that an invoice has used, the last ones first.
CREATE FUNCTION main.return_credits(of_invoice uuid, note uuid, most bigint, accounts varchar[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    given bigint := 0;
    part bigint;
    burnt record;
BEGIN
    PERFORM FROM main.credit_grants WHERE id IN (SELECT grant_id FROM main.credit_uses WHERE invoice_id = of_invoice)
        ORDER BY priority, expires_on NULLS LAST, id FOR UPDATE;
    FOR burnt IN
        SELECT use.grant_id, -sum(use.amount)::bigint AS net FROM main.credit_uses AS use
        JOIN main.credit_grants AS origin ON origin.id = use.grant_id
        WHERE use.invoice_id = of_invoice GROUP BY use.grant_id, origin.priority, origin.expires_on
        HAVING sum(use.amount) < 0 ORDER BY origin.priority DESC, origin.expires_on DESC NULLS FIRST, use.grant_id DESC
    LOOP
        part := least(burnt.net, most - given);
        EXIT WHEN part <= 0;
        PERFORM main.move_credit(
            burnt.grant_id, 'return', part, of_invoice, note, accounts,
            CASE WHEN accounts IS NOT NULL THEN ARRAY[part, -part] END);
        PERFORM main.revoke_credit(id) FROM main.credit_grants WHERE id = burnt.grant_id AND revoked_on IS NOT NULL;
        given := given + part;
    END LOOP;
    RETURN given;
END
$$;

-- A void has taken the entries of the invoice back already, those of the credits among them.
CREATE FUNCTION main.return_voided_credits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF main.invoice_stage(NEW.number, NEW.invoice_status, NEW.deleted) = 'void'
        AND main.invoice_stage(OLD.number, OLD.invoice_status, OLD.deleted) NOT IN ('void', 'none')
    THEN
        PERFORM main.return_credits(NEW.id, NULL, 9223372036854775807, NULL);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER prepaid_void AFTER UPDATE OF invoice_status, deleted ON main.invoice
    FOR EACH ROW EXECUTE FUNCTION main.return_voided_credits();

-- What was paid with credits is not refunded in cash.
CREATE FUNCTION main.return_noted_credits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sequence IS NOT NULL AND NEW.destination = 'refund' THEN
        PERFORM main.return_credits(NEW.invoice_id, NEW.id, NEW.total, ARRAY['cash', 'credit_granted']);
    END IF;
    RETURN NULL;
END
$$;
-- Its name comes before that of the trigger which has the rest paid out.
CREATE TRIGGER give_back AFTER INSERT ON main.credit_notes FOR EACH ROW EXECUTE FUNCTION main.return_noted_credits();

CREATE OR REPLACE FUNCTION main.refund_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rest bigint := NEW.total - (
        SELECT coalesce(sum(amount), 0) FROM main.credit_uses WHERE credit_note_id = NEW.id AND kind = 'return');
BEGIN
    INSERT INTO main.provider_refunds (id, tenant_id, invoice_id, payment, amount, currency_code, due_at)
    SELECT NEW.id, NEW.tenant_id, NEW.invoice_id, id_at_gateway, rest, NEW.currency_code, now()
    FROM main.billing_payments
    WHERE invoice_id = NEW.invoice_id AND status = 'success' AND payment_method = 'payment_source' AND NOT deleted
        AND id_at_gateway IS NOT NULL AND NEW.tenant_id IS NOT NULL AND rest > 0
    ORDER BY created_on DESC LIMIT 1
    ON CONFLICT (id) DO NOTHING;
    RETURN NULL;
END
$$;

-- Ends grants whose time has come: what is left is revenue if it was paid for, else the discount is taken back.
CREATE FUNCTION main.expire_credits(most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    ended record;
    count integer := 0;
BEGIN
    FOR ended IN
        SELECT id, remaining, is_paid FROM main.credit_grants
        WHERE remaining > 0 AND id = ANY (ARRAY(
            SELECT past.id FROM main.credit_grants AS past
            WHERE past.remaining > 0 AND past.expires_on <= now()
                AND NOT EXISTS (SELECT FROM main.test_clocks AS clock WHERE clock.tenant_id = past.tenant_id)
            ORDER BY past.expires_on LIMIT most
        ) || ARRAY(
            -- What is due by a test clock is billed first.
            SELECT past.id FROM (SELECT tenant_id, max(instant) AS instant FROM main.test_clocks GROUP BY tenant_id) AS clock
                JOIN main.credit_grants AS past ON past.tenant_id = clock.tenant_id AND past.expires_on <= clock.instant
            WHERE past.remaining > 0 AND NOT EXISTS (
                SELECT FROM main.subscription_billing AS billing
                WHERE billing.tenant_id = clock.tenant_id AND billing.next_due_on <= clock.instant AND billing.parked_on IS NULL)
            LIMIT most))
        ORDER BY expires_on LIMIT most FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM main.move_credit(
            ended.id, 'expiry', -ended.remaining, NULL, NULL,
            ARRAY['credit_granted', CASE WHEN ended.is_paid THEN 'revenue' ELSE 'discounts' END],
            ARRAY[ended.remaining, -ended.remaining]);
        count := count + 1;
    END LOOP;
    RETURN count;
END
$$;

-- Takes back what is left of a grant: paid back if it was paid for, else the discount is taken back.
CREATE FUNCTION main.revoke_credit(of_grant uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    revoked main.credit_grants;
BEGIN
    UPDATE main.credit_grants SET revoked_on = coalesce(revoked_on, date_trunc('milliseconds', now()))
        WHERE id = of_grant AND NOT deleted RETURNING * INTO revoked;
    IF revoked.remaining > 0 THEN
        PERFORM main.move_credit(
            of_grant, 'revoke', -revoked.remaining, NULL, NULL,
            ARRAY['credit_granted', CASE WHEN revoked.is_paid THEN 'cash' ELSE 'discounts' END],
            ARRAY[revoked.remaining, -revoked.remaining]);
    END IF;
    RETURN revoked.remaining;
END
$$;

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['credit_grants', 'credit_uses']
    LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON main.%I
                USING (
                    (SELECT current_setting(''app.tenant_id'', true) = ''*'')
                    OR tenant_id::text = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')))
                WITH CHECK (
                    current_setting(''app.tenant_id'', true) = ''*''
                    OR tenant_id::text = nullif(current_setting(''app.tenant_id'', true), ''''))', owned);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subscription_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.credit_grants TO subscription_app;
        GRANT SELECT, INSERT ON main.credit_uses TO subscription_app;
    END IF;
END
$$;
