-- Tables of the tenant management service. The audit columns come last, as in most of the original's tables.
CREATE SCHEMA main;

CREATE TABLE main.addresses (
    id uuid DEFAULT (md5(((random())::text || (clock_timestamp())::text)))::uuid NOT NULL,
    address character varying(500),
    city character varying(100),
    state character varying(100),
    zip character varying(25),
    country character varying(25),
    CONSTRAINT pk_addresses_id PRIMARY KEY (id)
);

CREATE TABLE main.leads (
    id uuid DEFAULT (md5(((random())::text || (clock_timestamp())::text)))::uuid NOT NULL,
    first_name character varying(100) NOT NULL,
    last_name character varying(100) NOT NULL,
    company_name character varying(100),
    email character varying(100) NOT NULL,
    is_validated boolean DEFAULT false NOT NULL,
    address_id uuid,
    CONSTRAINT pk_leads_id PRIMARY KEY (id),
    CONSTRAINT fk_leads_addresses FOREIGN KEY (address_id) REFERENCES main.addresses (id)
);

CREATE TABLE main.tenants (
    id uuid DEFAULT (md5(((random())::text || (clock_timestamp())::text)))::uuid NOT NULL,
    name character varying(100) NOT NULL,
    status smallint DEFAULT 0 NOT NULL,
    key character varying(20) NOT NULL,
    spoc_user_id uuid,
    domains character varying[] DEFAULT '{}' NOT NULL,
    address_id uuid,
    lead_id uuid,
    CONSTRAINT pk_tenants_id PRIMARY KEY (id),
    CONSTRAINT idx_tenant_key UNIQUE (key),
    CONSTRAINT fk_tenants_addresses FOREIGN KEY (address_id) REFERENCES main.addresses (id)
);
COMMENT ON COLUMN main.tenants.status IS 'an older numbering: it is not to be trusted';

-- No audit columns.
CREATE TABLE main.branding_metadata (
    id uuid DEFAULT (md5(((random())::text || (clock_timestamp())::text)))::uuid NOT NULL,
    theme_metadata jsonb,
    description character varying(500),
    logo character varying(500),
    website character varying(500),
    tenant_id uuid NOT NULL,
    CONSTRAINT pk_branding_metadata_id PRIMARY KEY (id),
    CONSTRAINT fk_branding_tenants FOREIGN KEY (tenant_id) REFERENCES main.tenants (id)
);

CREATE TABLE main.contacts (
    id uuid DEFAULT (md5(((random())::text || (clock_timestamp())::text)))::uuid NOT NULL,
    first_name character varying(100) NOT NULL,
    last_name character varying(100) NOT NULL,
    email character varying(100) NOT NULL,
    is_primary boolean DEFAULT false NOT NULL,
    contact_type character varying(100),
    tenant_id uuid NOT NULL,
    CONSTRAINT pk_contacts_id PRIMARY KEY (id),
    CONSTRAINT fk_contacts_tenants FOREIGN KEY (tenant_id) REFERENCES main.tenants (id)
);

CREATE TABLE main.resources (
    id uuid DEFAULT (md5(((random())::text || (clock_timestamp())::text)))::uuid NOT NULL,
    external_identifier character varying(200) NOT NULL,
    type character varying(100) NOT NULL,
    metadata jsonb NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT pk_resources_id PRIMARY KEY (id),
    CONSTRAINT idx_resource_ext_id UNIQUE (external_identifier, tenant_id),
    CONSTRAINT fk_resources_tenants FOREIGN KEY (tenant_id) REFERENCES main.tenants (id)
);

CREATE TABLE main.invoices (
    id uuid DEFAULT (md5(((random())::text || (clock_timestamp())::text)))::uuid NOT NULL,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    amount numeric NOT NULL,
    currency_code character(3),
    invoice_file character varying(100),
    due_date timestamp with time zone,
    status smallint DEFAULT 0 NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT pk_invoices_id PRIMARY KEY (id),
    CONSTRAINT fk_invoices_tenants FOREIGN KEY (tenant_id) REFERENCES main.tenants (id)
);

CREATE TABLE main.tenant_mgmt_configs (
    id uuid DEFAULT (md5(((random())::text || (clock_timestamp())::text)))::uuid NOT NULL,
    config_key character varying(100) NOT NULL,
    config_value jsonb NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT pk_tenant_configs_id PRIMARY KEY (id),
    CONSTRAINT fk_tenant_configs_tenants FOREIGN KEY (tenant_id) REFERENCES main.tenants (id)
);

DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['addresses', 'leads', 'tenants', 'contacts', 'resources', 'invoices', 'tenant_mgmt_configs']
    LOOP
        EXECUTE format(
            'ALTER TABLE main.%I '
            'ADD created_on timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL, '
            'ADD modified_on timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL, '
            'ADD created_by uuid, ADD modified_by uuid, ADD deleted boolean DEFAULT false NOT NULL, '
            'ADD deleted_by uuid, ADD deleted_on timestamptz', entity);
    END LOOP;
END
$$;
ALTER TABLE main.contacts ALTER modified_on DROP DEFAULT, ALTER modified_on DROP NOT NULL;
ALTER TABLE main.invoices ALTER modified_on DROP DEFAULT, ALTER modified_on DROP NOT NULL,
    ALTER created_on DROP NOT NULL;

CREATE FUNCTION main.moddatetime() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.modified_on = now();
    RETURN NEW;
END;
$$;
CREATE TRIGGER mdt_tenant_configs BEFORE UPDATE ON main.tenant_mgmt_configs
    FOR EACH ROW EXECUTE PROCEDURE main.moddatetime();

-- What db-migrate remembers.
CREATE TABLE main.migrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);
INSERT INTO main.migrations (name, run_on) VALUES
    ('/20240125154021-init', '2024-02-01 10:00:00'), ('/20240925102459-add-table-tenant-configs', '2024-10-01 10:00:00');
