-- Tenants prove the domains that they claim by a record in DNS, and each claim has what its record has to say.

-- The name of a domain as tenant_domains has it, for a domain that a tenant lists.
CREATE FUNCTION main.domain_name(listed text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT rtrim(lower(listed), '.')
$$;

ALTER TABLE main.tenant_domains ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();
COMMENT ON COLUMN main.tenant_domains.token IS 'what the TXT record says that proves a claim; a new one after a release';
-- A type, because PostgreSQL parses the checks of a table again for every statement that writes to it.
CREATE DOMAIN main.domain_proof AS text CONSTRAINT domain_proof CHECK (VALUE IN ('email', 'operator', 'dns'));
ALTER TABLE main.tenant_domains DROP CONSTRAINT tenant_domains_proof,
    ALTER COLUMN proven_by TYPE main.domain_proof;

-- As before, but a dot at the end does not make another domain, and a domain that another tenant holds is claimed. It runs as
-- the owner and writes only rows of the tenant that the statement may write: the policies need not be checked once more.
CREATE OR REPLACE FUNCTION main.hold_domains() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
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
            NOT EXISTS (SELECT FROM unnest(NEW.domains) AS kept WHERE rtrim(lower(kept), '.') = domain)
            OR EXISTS (SELECT FROM main.public_mail_domains AS public WHERE public.domain = tenant_domains.domain));
    END IF;
    FOREACH listed IN ARRAY NEW.domains LOOP
        listed := rtrim(lower(listed), '.');
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
        IF NOT FOUND THEN
            INSERT INTO main.tenant_domains (tenant_id, domain) VALUES (NEW.id, listed) ON CONFLICT DO NOTHING;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- Names with a dot at the end, which until now counted as other domains, and listed domains that another tenant holds.
WITH dotted AS (DELETE FROM main.tenant_domains WHERE domain LIKE '%.' RETURNING tenant_id, domain, proven_on)
INSERT INTO main.tenant_domains (tenant_id, domain)
SELECT DISTINCT tenant_id, rtrim(domain, '.') FROM dotted WHERE proven_on IS NULL AND rtrim(domain, '.') <> ''
ON CONFLICT DO NOTHING;
INSERT INTO main.tenant_domains (tenant_id, domain, proven_by, proven_on)
SELECT DISTINCT ON (main.domain_name(listed)) tenant.id, main.domain_name(listed), 'operator', current_timestamp
FROM main.tenants AS tenant, unnest(tenant.domains) AS listed
WHERE NOT tenant.deleted AND main.domain_name(listed) <> ''
    AND NOT EXISTS (SELECT FROM main.public_mail_domains AS public WHERE public.domain = main.domain_name(listed))
ORDER BY main.domain_name(listed), tenant.created_on, tenant.id
ON CONFLICT DO NOTHING;
INSERT INTO main.tenant_domains (tenant_id, domain)
SELECT DISTINCT tenant.id, main.domain_name(listed)
FROM main.tenants AS tenant, unnest(tenant.domains) AS listed
WHERE NOT tenant.deleted AND main.domain_name(listed) <> ''
    AND NOT EXISTS (SELECT FROM main.public_mail_domains AS public WHERE public.domain = main.domain_name(listed))
ON CONFLICT DO NOTHING;
