-- An invoice that is issued keeps the names of its plans in `seller`, as `plans`, so that renaming a plan later does not change its documents.
-- By its name the trigger runs before the one that numbers the invoice, so that the series is not held meanwhile.
CREATE FUNCTION main.keep_plan_names() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    names jsonb;
BEGIN
    IF NEW.number IS NULL AND OLD.invoice_status = 'draft' AND NEW.invoice_status NOT IN ('draft', 'void', 'voided') THEN
        SELECT jsonb_object_agg(plan.id, plan.name) INTO names FROM main.plans AS plan WHERE plan.id IN (
            SELECT line.plan_id FROM main.invoice_lines AS line WHERE line.invoice_id = NEW.id AND NOT line.deleted);
        IF names IS NOT NULL THEN
            NEW.seller := coalesce(NEW.seller, '{}') || jsonb_build_object('plans', names);
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER freeze_names BEFORE UPDATE OF invoice_status ON main.invoice
    FOR EACH ROW EXECUTE FUNCTION main.keep_plan_names();
