DROP TRIGGER hold_domains ON main.tenants;
DROP FUNCTION main.hold_domains();
DROP TABLE main.tenant_domains, main.public_mail_domains, main.lead_retention;
DROP INDEX main.idx_leads_unproven;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        REVOKE DELETE ON main.leads, main.addresses FROM tenant_mgmt_app;
    END IF;
END
$$;
