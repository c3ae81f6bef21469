CREATE OR REPLACE FUNCTION main.hold_domains() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_from_lead boolean := TG_OP = 'INSERT' AND NEW.lead_id IS NOT NULL;
    listed text;
BEGIN
    IF NEW.deleted THEN
        DELETE FROM main.tenant_domains WHERE tenant_id = NEW.id;
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM main.tenant_domains
        WHERE tenant_id = NEW.id AND proven_on IS NOT NULL AND (
            NOT EXISTS (SELECT FROM unnest(NEW.domains) AS kept WHERE lower(kept) = domain)
            OR EXISTS (SELECT FROM main.public_mail_domains AS public WHERE public.domain = tenant_domains.domain));
    END IF;
    FOREACH listed IN ARRAY NEW.domains LOOP
        listed := lower(listed);
        -- Not TRUE for an empty text and for NULL.
        CONTINUE WHEN (listed <> '') IS NOT TRUE
            OR EXISTS (SELECT FROM main.public_mail_domains AS public WHERE public.domain = listed);
        IF is_from_lead THEN
            INSERT INTO main.tenant_domains (tenant_id, domain, proven_by, proven_on)
            VALUES (NEW.id, listed, 'email', current_timestamp)
            ON CONFLICT (tenant_id, domain) DO NOTHING;
            CONTINUE;
        END IF;
        IF TG_OP = 'UPDATE' THEN
            UPDATE main.tenant_domains SET proven_by = 'operator', proven_on = current_timestamp
            WHERE tenant_id = NEW.id AND domain = listed AND proven_on IS NULL
                AND NOT EXISTS (
                    SELECT FROM main.tenant_domains AS held WHERE held.domain = listed AND held.proven_on IS NOT NULL);
        END IF;
        INSERT INTO main.tenant_domains (tenant_id, domain, proven_by, proven_on)
        VALUES (NEW.id, listed, 'operator', current_timestamp)
        ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NULL;
END
$$;
UPDATE main.tenant_domains SET proven_by = 'operator' WHERE proven_by = 'dns';
ALTER TABLE main.tenant_domains DROP COLUMN token, ALTER COLUMN proven_by TYPE text,
    ADD CONSTRAINT tenant_domains_proof CHECK (proven_by IN ('email', 'operator'));
DROP DOMAIN main.domain_proof;
DROP FUNCTION main.domain_name(text);
