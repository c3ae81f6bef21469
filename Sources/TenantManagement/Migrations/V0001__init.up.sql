-- The original's tables in their final state (contract section 8.1), so that its databases can be adopted.
CREATE SCHEMA IF NOT EXISTS main;

CREATE TABLE main.addresses (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    address varchar(500),
    city varchar(100),
    state varchar(100),
    zip varchar(25),
    country varchar(25),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid
);

CREATE TABLE main.leads (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    first_name varchar(100) NOT NULL,
    last_name varchar(100) NOT NULL,
    email varchar(100) NOT NULL,
    is_validated boolean NOT NULL DEFAULT false,
    company_name varchar(100),
    address_id uuid REFERENCES main.addresses (id),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid
);

CREATE TABLE main.tenants (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    name varchar(100) NOT NULL,
    status smallint NOT NULL DEFAULT 0,
    key varchar(20) NOT NULL,
    spoc_user_id uuid,
    lead_id uuid,
    domains varchar[] NOT NULL DEFAULT '{}',
    address_id uuid REFERENCES main.addresses (id),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    CONSTRAINT idx_tenant_key UNIQUE (key)
);

CREATE TABLE main.branding_metadata (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    theme_metadata jsonb,
    description varchar(500),
    logo varchar(500),
    website varchar(500),
    tenant_id uuid NOT NULL REFERENCES main.tenants (id)
);

CREATE TABLE main.contacts (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    first_name varchar(100) NOT NULL,
    last_name varchar(100) NOT NULL,
    email varchar(100) NOT NULL,
    contact_type varchar(100),
    is_primary boolean NOT NULL DEFAULT false,
    tenant_id uuid NOT NULL REFERENCES main.tenants (id),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid
);

CREATE TABLE main.resources (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    type varchar(100) NOT NULL,
    metadata jsonb NOT NULL,
    external_identifier varchar(200) NOT NULL,
    tenant_id uuid NOT NULL REFERENCES main.tenants (id),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid,
    CONSTRAINT idx_resource_ext_id UNIQUE (external_identifier, tenant_id)
);

CREATE TABLE main.invoices (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    start_date timestamptz,
    end_date timestamptz,
    due_date timestamptz,
    amount numeric NOT NULL,
    currency_code char(3),
    invoice_file varchar(100),
    status smallint NOT NULL DEFAULT 0,
    tenant_id uuid NOT NULL REFERENCES main.tenants (id),
    created_on timestamptz DEFAULT current_timestamp,
    modified_on timestamptz,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid
);

CREATE TABLE main.tenant_mgmt_configs (
    id uuid PRIMARY KEY DEFAULT (md5(random()::text || clock_timestamp()::text))::uuid,
    config_key varchar(100) NOT NULL,
    config_value jsonb NOT NULL,
    tenant_id uuid NOT NULL REFERENCES main.tenants (id),
    created_on timestamptz NOT NULL DEFAULT current_timestamp,
    modified_on timestamptz NOT NULL DEFAULT current_timestamp,
    deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz,
    deleted_by uuid,
    created_by uuid,
    modified_by uuid
);

CREATE FUNCTION main.moddatetime() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.modified_on = now();
    RETURN NEW;
END
$$;

CREATE TRIGGER mdt_tenant_configs BEFORE UPDATE ON main.tenant_mgmt_configs
    FOR EACH ROW EXECUTE FUNCTION main.moddatetime();
