/// The tables of `TestModel`, with the trigger and the policies that our migrations give every table.
enum TestTables {
    private static let audit = """
        row_version bigint NOT NULL DEFAULT 1, deleted boolean NOT NULL DEFAULT false, deleted_on timestamptz,
        deleted_by uuid, created_on timestamptz NOT NULL DEFAULT now(), modified_on timestamptz NOT NULL DEFAULT now(),
        created_by uuid, modified_by uuid
        """

    private static let tenantOfRow = "current_setting('app.tenant_id', true)"

    private static let tables: [(name: String, columns: String, policy: String)] = [
        (
            "leads", "\(audit), email varchar(100) NOT NULL, is_validated boolean NOT NULL, secret_note text",
            "id IN (SELECT t.lead_id FROM main.tenants AS t WHERE t.id::text = \(tenantOfRow))"
        ),
        (
            "tenants",
            """
            \(audit), name varchar(100) NOT NULL, status smallint NOT NULL DEFAULT 0,
            key varchar(20) NOT NULL CONSTRAINT idx_tenant_key UNIQUE, spoc_user_id uuid,
            lead_id uuid REFERENCES main.leads (id), domains varchar[] NOT NULL DEFAULT '{}'
            """, "id::text = \(tenantOfRow)"
        ),
        (
            "contacts",
            """
            \(audit), first_name varchar(20) NOT NULL, is_primary boolean NOT NULL DEFAULT false,
            contact_type varchar(100) DEFAULT 'person', tenant_id uuid NOT NULL REFERENCES main.tenants (id)
            """, "tenant_id::text = \(tenantOfRow)"
        ),
        (
            "resources",
            """
            \(audit), type varchar(100) NOT NULL, metadata jsonb NOT NULL, external_identifier varchar(200) NOT NULL,
            tenant_id uuid NOT NULL REFERENCES main.tenants (id), UNIQUE (external_identifier, tenant_id)
            """, "tenant_id::text = \(tenantOfRow)"
        ),
        (
            "customers", "\(audit), tenant_id varchar(255) NOT NULL, customer_id varchar(255) NOT NULL",
            "tenant_id = \(tenantOfRow)"
        ),
        (
            "plans",
            """
            \(audit), name varchar(100) NOT NULL, price numeric(10,2) CHECK (price >= 0), rank integer, views bigint,
            is_active boolean, valid_until timestamptz, meta_data jsonb, tags varchar[], owner_id uuid, slug text
            """, "\(tenantOfRow) <> ''"
        ),
        ("currencies", "\(audit), currency_code varchar(3) NOT NULL UNIQUE", "\(tenantOfRow) <> ''"),
        ("tags", "row_version bigint NOT NULL DEFAULT 1, label text NOT NULL", "false"),
        (
            "outbox", "row_version bigint NOT NULL DEFAULT 1, text text NOT NULL CHECK (text <> 'bad')",
            "\(tenantOfRow) <> ''"
        ),
    ]

    static func statements(role: String) -> [String] {
        var statements = [
            "CREATE SCHEMA main", "GRANT USAGE ON SCHEMA main TO \(role)",
            """
            CREATE FUNCTION main.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                NEW.row_version = OLD.row_version + 1;
                IF TG_ARGV[0] = 'audit' THEN NEW.modified_on = clock_timestamp(); END IF;
                RETURN NEW;
            END $$
            """,
        ]
        for table in tables {
            let kind = table.columns.contains("modified_on") ? "audit" : "plain"
            statements += [
                "CREATE TABLE main.\(table.name) (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), \(table.columns))",
                "CREATE TRIGGER touch BEFORE UPDATE ON main.\(table.name) FOR EACH ROW EXECUTE FUNCTION main.touch('\(kind)')",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON main.\(table.name) TO \(role)",
            ]
        }
        statements.append("CREATE INDEX ON main.plans (valid_until)")
        for table in tables {
            statements += [
                "ALTER TABLE main.\(table.name) ENABLE ROW LEVEL SECURITY",
                "CREATE POLICY own ON main.\(table.name) USING (\(tenantOfRow) = '*' OR \(table.policy))",
            ]
        }
        return statements
    }
}
