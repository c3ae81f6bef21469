-- Exports of all that belongs to a tenant: archives that are made by leased work, and kept for a time in chunks, so that every node
-- can serve them.
CREATE TABLE main.tenant_exports (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES main.tenants (id),
    state varchar(20) NOT NULL DEFAULT 'REQUESTED',
    requested_on timestamptz NOT NULL,
    requested_by varchar(100),
    -- When the work is due: at once when nothing is missing, and at the latest when what is missing counts as lost. NULL without work.
    due_at timestamptz,
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error varchar(300),
    completed_on timestamptz,
    expires_on timestamptz,
    size bigint,
    sha256 varchar(64),
    -- Whether somebody was asked for application data; of which attempt how much was received.
    awaits_data boolean NOT NULL DEFAULT false,
    data_attempt integer NOT NULL DEFAULT 0,
    data_parts integer NOT NULL DEFAULT 0,
    data_size bigint NOT NULL DEFAULT 0,
    -- What is known of the data once it is complete, or the reason why there is none; NULL while it is awaited.
    data jsonb,
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT tenant_exports_state CHECK (state IN ('REQUESTED', 'DONE', 'FAILED', 'EXPIRED'))
);
CREATE UNIQUE INDEX idx_tenant_exports_open ON main.tenant_exports (tenant_id) WHERE state = 'REQUESTED';
CREATE INDEX idx_tenant_exports_tenant ON main.tenant_exports (tenant_id, requested_on DESC, id);
CREATE INDEX idx_tenant_exports_due ON main.tenant_exports (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX idx_tenant_exports_expiry ON main.tenant_exports (expires_on) WHERE state = 'DONE';

-- Rows of other services, until the archive is made.
CREATE TABLE main.tenant_export_parts (
    export_id uuid NOT NULL REFERENCES main.tenant_exports (id),
    position integer NOT NULL,
    tenant_id uuid NOT NULL,
    is_last boolean NOT NULL,
    content text NOT NULL,
    PRIMARY KEY (export_id, position)
);

CREATE TABLE main.tenant_export_chunks (
    export_id uuid NOT NULL REFERENCES main.tenant_exports (id),
    position integer NOT NULL,
    tenant_id uuid NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (export_id, position)
);
-- Rows of bytes are not worth compressing twice: archives are downloaded in ranges.
ALTER TABLE main.tenant_export_chunks ALTER COLUMN content SET STORAGE EXTERNAL;

-- Application data as it arrives, until the archive is made.
CREATE TABLE main.tenant_export_data (
    export_id uuid NOT NULL REFERENCES main.tenant_exports (id),
    attempt integer NOT NULL,
    position integer NOT NULL,
    tenant_id uuid NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (export_id, attempt, position)
);
ALTER TABLE main.tenant_export_data ALTER COLUMN content SET STORAGE EXTERNAL;

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['tenant_exports', 'tenant_export_parts', 'tenant_export_chunks', 'tenant_export_data'] LOOP
        EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$
            CREATE POLICY tenant_isolation ON main.%I
                USING ((SELECT current_setting('app.tenant_id', true) = '*') OR tenant_id = (SELECT main.current_tenant()))
                WITH CHECK (
                    current_setting('app.tenant_id', true) = '*' OR tenant_id::text = current_setting('app.tenant_id', true))
            $policy$, owned);
    END LOOP;
END
$$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenant_mgmt_app') THEN
        GRANT SELECT, INSERT, UPDATE ON main.tenant_exports TO tenant_mgmt_app;
        GRANT SELECT, INSERT, DELETE
            ON main.tenant_export_parts, main.tenant_export_chunks, main.tenant_export_data TO tenant_mgmt_app;
    END IF;
END
$$;
