-- Whether a subscription takes one of its tenant's places on a day: it is PENDING, or ACTIVE and not over. Whatever the
-- original has stored in end_date that is no date never ends.
CREATE FUNCTION main.is_live(status smallint, end_date text, today text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT status = 0 OR (status = 1
        AND (end_date <= today AND end_date ~ '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$') IS NOT TRUE)
$$;

-- As the function of migration 4, which stays for nodes of an earlier version: what is over takes no place any more,
-- whether it is marked as EXPIRED already or not. A row that is changed itself, `changed`, is not counted.
CREATE FUNCTION main.reserve_subscription(
    tenant uuid, plan uuid, tenant_limit integer, plan_limit integer, today text, changed uuid)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    live bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1937072497, uuid_hash(tenant));
    SELECT count(*) INTO live FROM main.subscriptions AS s
    WHERE s.subscriber_id = tenant AND main.is_live(s.status, s.end_date, today) AND NOT s.deleted
        AND s.id IS DISTINCT FROM changed AND (plan_limit IS NULL OR s.plan_id = plan);
    IF live >= coalesce(plan_limit, tenant_limit) THEN
        RAISE EXCEPTION USING ERRCODE = 'ARC01', MESSAGE = 'no place left for another subscription';
    END IF;
END
$$;

-- Clients list invoices by their status. What is over is found by idx_subscriptions_expiry.
CREATE INDEX idx_invoice_status ON main.invoice (invoice_status, id) WHERE NOT deleted;
