DROP TABLE main.tenant_mgmt_configs, main.invoices, main.resources, main.contacts, main.branding_metadata,
    main.tenants, main.leads, main.addresses;
DROP FUNCTION main.moddatetime();
