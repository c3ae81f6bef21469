DROP INDEX main.idx_configs_tenant, main.idx_invoices_status, main.idx_invoices_tenant, main.idx_resources_tenant,
    main.idx_contacts_email, main.idx_contacts_tenant, main.idx_branding_tenant, main.idx_tenants_created,
    main.idx_tenants_status, main.idx_tenants_address, main.idx_leads_address, main.idx_leads_email,
    main.idx_lead_validated_email, main.idx_tenant_lead, main.idx_tenant_key;
ALTER TABLE main.tenants ADD CONSTRAINT idx_tenant_key UNIQUE (key);
