import PostgresClient

/// The SQL of ``DriftRepository``.
enum DriftStatements {
    /// What should be on a server, by name. Parameters: server, address, after which name, most rows.
    static let expected: PostgresStatement = """
        SELECT name, tenant_id, role, kind, database, state,
            EXISTS (SELECT FROM main.provisioning_runs AS run
                WHERE run.tenant_id = listed.tenant_id AND run.due_at IS NOT NULL)
        FROM (
            (SELECT 'tenant_' || placement.tenant_key AS name, placement.tenant_id, placement.role, placement.kind,
                placement.database, placement.state
            FROM main.tenant_placements AS placement
            WHERE placement.server_id = (SELECT id FROM main.data_servers WHERE name = $1)
                AND placement.tenant_key COLLATE "C" > substr($3, 8) COLLATE "C"
            ORDER BY placement.tenant_key COLLATE "C"
            LIMIT $4)
            UNION ALL
            (SELECT credential.role, credential.tenant_id, NULL, 'pooled', '', 'placed'
            FROM main.tenant_credentials AS credential
            WHERE credential.server = $2 AND credential.role COLLATE "C" > $3 COLLATE "C"
                AND NOT EXISTS (SELECT FROM main.tenant_placements AS placement
                    WHERE placement.tenant_id = credential.tenant_id)
            ORDER BY credential.role COLLATE "C"
            LIMIT $4)
        ) AS listed
        ORDER BY name COLLATE "C"
        LIMIT $4
        """

    /// Where a tenant with a key is placed. Parameter: key.
    static let placeOfKey: PostgresStatement = """
        SELECT server.name FROM main.tenant_placements AS placement
        JOIN main.data_servers AS server ON server.id = placement.server_id
        WHERE placement.server_id IN (SELECT id FROM main.data_servers) AND placement.tenant_key COLLATE "C" = $1
        LIMIT 1
        """

    /// Stores the place of a tenant from before placements were stored. Parameters: tenant, key, server, kind, database.
    static let adopt: PostgresStatement = """
        INSERT INTO main.tenant_placements (tenant_id, role, tenant_key, server_id, kind, database, state)
        SELECT $1, 'current', $2, id, $4, $5, 'placed' FROM main.data_servers WHERE name = $3
        ON CONFLICT DO NOTHING
        """

    /// What is on a data server, by name. Parameters: after which name, most rows.
    static let actual: PostgresStatement = """
        WITH page AS (
            SELECT name FROM (
                (SELECT rolname AS name FROM pg_catalog.pg_roles
                WHERE rolname > $1::text::name AND rolname LIKE 'tenant\\_%' ORDER BY rolname LIMIT $2)
                UNION
                (SELECT nspname FROM pg_catalog.pg_namespace
                WHERE nspname > $1::text::name AND nspname LIKE 'tenant\\_%' ORDER BY nspname LIMIT $2)
                UNION
                (SELECT datname FROM pg_catalog.pg_database
                WHERE datname > $1::text::name AND datname LIKE 'tenant\\_%' ORDER BY datname LIMIT $2)
            ) AS names
            ORDER BY name LIMIT $2)
        SELECT page.name::text, role.oid IS NOT NULL, COALESCE(role.rolcanlogin, false),
            pg_catalog.shobj_description(role.oid, 'pg_authid'), space.oid IS NOT NULL,
            COALESCE(space.nspowner = current_user::regrole, false), base.oid IS NOT NULL,
            COALESCE(base.datdba = current_user::regrole, false),
            pg_catalog.shobj_description(base.oid, 'pg_database'),
            COALESCE(pg_catalog.has_database_privilege(role.oid, current_database(), 'CONNECT'), false),
            COALESCE(pg_catalog.has_schema_privilege(role.oid, space.oid, 'USAGE')
                AND pg_catalog.has_schema_privilege(role.oid, space.oid, 'CREATE'), false),
            COALESCE(pg_catalog.has_database_privilege(role.oid, base.oid, 'CONNECT'), false)
        FROM page
        LEFT JOIN pg_catalog.pg_roles AS role ON role.rolname = page.name
        LEFT JOIN pg_catalog.pg_namespace AS space ON space.nspname = page.name
        LEFT JOIN pg_catalog.pg_database AS base ON base.datname = page.name
        ORDER BY page.name
        """
}
