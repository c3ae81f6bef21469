-- What tenants pay a month, and every change of it, for reports; and what operators say that tenants cost.

-- The recurring price of a subscription in an average month, in minor units, without discounts, taxes and usage.
CREATE TABLE main.subscription_revenue (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    currency_code varchar(3) NOT NULL,
    monthly bigint NOT NULL CHECK (monthly >= 0),
    is_live boolean NOT NULL,
    is_billed boolean NOT NULL
) WITH (fillfactor = 80);
COMMENT ON COLUMN main.subscription_revenue.id IS 'that of the subscription';
COMMENT ON COLUMN main.subscription_revenue.is_billed IS 'the billing engine bills it, and says what it pays';
CREATE INDEX idx_subscription_revenue_tenant ON main.subscription_revenue (tenant_id);

CREATE TABLE main.tenant_revenue (
    tenant_id uuid NOT NULL,
    currency_code varchar(3) NOT NULL,
    monthly bigint NOT NULL,
    PRIMARY KEY (tenant_id, currency_code)
) WITH (fillfactor = 80);

CREATE TABLE main.revenue_movements (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    currency_code varchar(3) NOT NULL,
    day date NOT NULL,
    kind varchar(12) NOT NULL CHECK (kind IN ('new', 'expansion', 'contraction', 'churned', 'reactivated')),
    amount bigint NOT NULL CHECK (amount <> 0),
    is_test boolean NOT NULL
);
COMMENT ON COLUMN main.revenue_movements.is_test IS 'the tenant lives on a test clock';
CREATE INDEX idx_revenue_movements_day ON main.revenue_movements (day, id) INCLUDE (currency_code, kind, amount) WHERE NOT is_test;
CREATE INDEX idx_revenue_movements_tenant ON main.revenue_movements (tenant_id, currency_code, day) INCLUDE (amount) WHERE NOT is_test;
CREATE INDEX idx_revenue_movements_subscription ON main.revenue_movements (subscription_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON main.revenue_movements
    FOR EACH ROW EXECUTE FUNCTION main.refuse_change();

-- Records how a tenant's revenue changes. The row of the tenant is held until the end of the transaction.
CREATE FUNCTION main.move_revenue(tenant uuid, subscription uuid, currency varchar, delta bigint) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    total bigint;
    is_first boolean;
BEGIN
    IF delta = 0 THEN
        RETURN;
    END IF;
    INSERT INTO main.tenant_revenue AS known (tenant_id, currency_code, monthly) VALUES (tenant, currency, delta)
    ON CONFLICT (tenant_id, currency_code) DO UPDATE SET monthly = known.monthly + excluded.monthly
    RETURNING monthly, xmax = 0 INTO total, is_first;
    INSERT INTO main.revenue_movements (tenant_id, subscription_id, currency_code, day, kind, amount, is_test)
    VALUES (
        tenant, subscription, currency, (main.tenant_now(tenant) AT TIME ZONE 'UTC')::date,
        CASE WHEN delta > 0 AND total = delta THEN CASE WHEN is_first THEN 'new' ELSE 'reactivated' END
            WHEN delta > 0 THEN 'expansion' WHEN total = 0 THEN 'churned' ELSE 'contraction' END,
        delta, EXISTS (SELECT FROM main.test_clocks WHERE tenant_id = tenant));
END
$$;

CREATE FUNCTION main.post_revenue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bigint := 0;
    after bigint := CASE WHEN NEW.is_live THEN NEW.monthly ELSE 0 END;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before := CASE WHEN OLD.is_live THEN OLD.monthly ELSE 0 END;
        IF OLD.currency_code <> NEW.currency_code THEN
            PERFORM main.move_revenue(OLD.tenant_id, OLD.id, OLD.currency_code, -before);
            before := 0;
        END IF;
    END IF;
    PERFORM main.move_revenue(NEW.tenant_id, NEW.id, NEW.currency_code, after - before);
    RETURN NULL;
END
$$;
CREATE TRIGGER post AFTER INSERT OR UPDATE ON main.subscription_revenue FOR EACH ROW EXECUTE FUNCTION main.post_revenue();

-- A price in minor units: ISO 4217 has other decimals than two for these.
CREATE FUNCTION main.minor_units(price numeric, currency varchar) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT price * CASE
        WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF',
            'XOF', 'XPF') THEN 1
        WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 1000
        WHEN currency IN ('CLF', 'UYW') THEN 10000
        ELSE 100 END
$$;

-- A subscription of one period pays what its plan costs; of one that the engine bills, only the status is taken from here.
CREATE FUNCTION main.follow_subscription() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    live constant boolean := NEW.status = 1 AND NOT NEW.deleted;
    billed boolean;
BEGIN
    UPDATE main.subscription_revenue SET is_live = live WHERE id = NEW.id AND is_billed AND is_live <> live;
    SELECT is_billed INTO billed FROM main.subscription_revenue WHERE id = NEW.id;
    IF billed OR (billed IS NULL AND NOT live) OR EXISTS (SELECT FROM main.subscription_billing WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    INSERT INTO main.subscription_revenue AS known (id, tenant_id, currency_code, monthly, is_live, is_billed)
    SELECT NEW.id, NEW.subscriber_id, currency.currency_code, greatest(0, round(
            main.minor_units(plan.price, currency.currency_code) * CASE lower(cycle.duration_unit)
                WHEN 'month' THEN 1 WHEN 'months' THEN 1 WHEN 'year' THEN 1 / 12::numeric WHEN 'years' THEN 1 / 12::numeric
                WHEN 'week' THEN 1461 / 336::numeric WHEN 'weeks' THEN 1461 / 336::numeric ELSE 1461 / 48::numeric END
            / greatest(cycle.duration, 1))), live, false
    FROM main.plans AS plan JOIN main.currencies AS currency ON currency.id = plan.currency_id
        JOIN main.billing_cycles AS cycle ON cycle.id = plan.billing_cycle_id
    WHERE plan.id = NEW.plan_id AND plan.price IS NOT NULL AND length(currency.currency_code) <= 3
        AND main.minor_units(plan.price, currency.currency_code) < 1e15
    ON CONFLICT (id) DO UPDATE SET
        currency_code = excluded.currency_code, monthly = excluded.monthly, is_live = excluded.is_live
        WHERE (known.currency_code, known.monthly, known.is_live)
            IS DISTINCT FROM (excluded.currency_code, excluded.monthly, excluded.is_live);
    RETURN NULL;
END
$$;
CREATE TRIGGER revenue AFTER INSERT ON main.subscriptions FOR EACH ROW EXECUTE FUNCTION main.follow_subscription();
-- A renewal stores the same status and the same plan again.
CREATE TRIGGER revenue_change AFTER UPDATE OF status, plan_id, deleted ON main.subscriptions FOR EACH ROW
    WHEN ((OLD.status, OLD.plan_id, OLD.deleted) IS DISTINCT FROM (NEW.status, NEW.plan_id, NEW.deleted))
    EXECUTE FUNCTION main.follow_subscription();

CREATE TABLE main.tenant_costs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    month varchar(7) NOT NULL,
    currency_code varchar(3) NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    description varchar(200),
    changed_on timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, month, currency_code)
);

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['subscription_revenue', 'tenant_revenue', 'revenue_movements', 'tenant_costs']
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
        GRANT SELECT, INSERT, UPDATE ON main.subscription_revenue, main.tenant_revenue, main.tenant_costs TO subscription_app;
        GRANT SELECT, INSERT ON main.revenue_movements TO subscription_app;
        GRANT EXECUTE ON FUNCTION main.move_revenue(uuid, uuid, varchar, bigint), main.minor_units(numeric, varchar) TO subscription_app;
    END IF;
END
$$;
