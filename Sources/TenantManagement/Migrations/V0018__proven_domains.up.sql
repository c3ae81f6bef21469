-- Which tenant holds which mail domain. `tenants.domains` lists the domains of a tenant; this table has their proofs and the
-- domains that still wait for a proof, and lets only one tenant hold a domain.

-- Domains of mail providers: anybody can have an address there, so such an address proves nothing about its domain.
CREATE TABLE main.public_mail_domains (domain text PRIMARY KEY);
INSERT INTO main.public_mail_domains (domain) VALUES
    ('126.com'), ('163.com'), ('aol.com'), ('comcast.net'), ('duck.com'), ('fastmail.com'), ('free.fr'), ('freenet.de'),
    ('gmail.com'), ('gmx.at'), ('gmx.ch'), ('gmx.com'), ('gmx.de'), ('gmx.net'), ('googlemail.com'), ('hey.com'),
    ('hotmail.co.uk'), ('hotmail.com'), ('hotmail.de'), ('hotmail.es'), ('hotmail.fr'), ('hotmail.it'), ('icloud.com'),
    ('inbox.ru'), ('laposte.net'), ('libero.it'), ('list.ru'), ('live.com'), ('live.de'), ('live.fr'), ('live.nl'),
    ('mac.com'), ('mail.com'), ('mail.de'), ('mail.ru'), ('mailbox.org'), ('me.com'), ('msn.com'), ('naver.com'),
    ('orange.fr'), ('outlook.com'), ('outlook.de'), ('outlook.fr'), ('pm.me'), ('posteo.de'), ('proton.me'),
    ('protonmail.com'), ('qq.com'), ('rediffmail.com'), ('rocketmail.com'), ('sina.com'), ('t-online.de'),
    ('tutanota.com'), ('web.de'), ('wp.pl'), ('yahoo.ca'), ('yahoo.co.in'), ('yahoo.co.jp'), ('yahoo.co.uk'),
    ('yahoo.com'), ('yahoo.com.br'), ('yahoo.de'), ('yahoo.es'), ('yahoo.fr'), ('yahoo.in'), ('yahoo.it'), ('yandex.com'),
    ('yandex.ru'), ('ymail.com'), ('zoho.com');

CREATE TABLE main.tenant_domains (
    tenant_id uuid NOT NULL REFERENCES main.tenants (id) ON DELETE CASCADE,
    domain text NOT NULL,
    proven_by text,
    proven_on timestamptz,
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    PRIMARY KEY (tenant_id, domain),
    CONSTRAINT tenant_domains_proof CHECK (proven_by IN ('email', 'operator')),
    CONSTRAINT tenant_domains_proven CHECK ((proven_by IS NULL) = (proven_on IS NULL))
);
CREATE UNIQUE INDEX idx_tenant_domain_proven ON main.tenant_domains (domain) WHERE proven_on IS NOT NULL;

-- Existing domains count as confirmed by an operator. If several tenants list the same domain, the oldest tenant holds it.
INSERT INTO main.tenant_domains (tenant_id, domain, proven_by, proven_on)
SELECT DISTINCT ON (lower(listed)) tenant.id, lower(listed), 'operator', current_timestamp
FROM main.tenants AS tenant, unnest(tenant.domains) AS listed
WHERE NOT tenant.deleted AND listed <> ''
    AND NOT EXISTS (SELECT FROM main.public_mail_domains AS public WHERE public.domain = lower(listed))
ORDER BY lower(listed), tenant.created_on, tenant.id;

-- Keeps the table in step with tenants.domains, whoever writes a tenant. A tenant that is created from a lead lists the
-- domain that its e-mail address proves; if another tenant holds that domain, the statement fails
-- (idx_tenant_domain_proven). An operator may list any domain, but a domain that another tenant holds stays with it.
-- One statement for each domain: PostgreSQL plans a query over the array again at every call, which doubled the time that it
-- needs to create a tenant.
CREATE FUNCTION main.hold_domains() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER hold_domains AFTER INSERT OR UPDATE OF domains, deleted ON main.tenants
    FOR EACH ROW EXECUTE FUNCTION main.hold_domains();

ALTER TABLE main.tenant_domains ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON main.tenant_domains
    USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
    WITH CHECK (
        current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true));

-- Leads that never verify their e-mail address are removed after a time, with their postal addresses. For existing leads, this
-- time begins now, because the rule is new.
CREATE TABLE main.lead_retention (since timestamptz NOT NULL);
INSERT INTO main.lead_retention (since) VALUES (current_timestamp);
CREATE INDEX idx_leads_unproven ON main.leads (created_on) WHERE NOT is_validated;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT ON main.public_mail_domains, main.lead_retention TO tenant_mgmt_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON main.tenant_domains TO tenant_mgmt_app;
        GRANT DELETE ON main.leads, main.addresses TO tenant_mgmt_app;
    END IF;
END
$$;
