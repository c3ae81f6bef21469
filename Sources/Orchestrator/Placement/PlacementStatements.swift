import PostgresClient

/// The SQL of ``PlacementRepository``.
enum PlacementStatements {
    /// Where a tenant's data is. Parameters: tenant, role.
    static let find: PostgresStatement = """
        SELECT placement.tenant_id, placement.tenant_key, placement.role, server.name, placement.kind,
            placement.database, placement.state, placement.tier
        FROM main.tenant_placements AS placement JOIN main.data_servers AS server ON server.id = placement.server_id
        WHERE placement.tenant_id = $1 AND placement.role = $2
        """

    /// Every place that a tenant has. Parameter: tenant.
    static let findAll: PostgresStatement = """
        SELECT placement.tenant_id, placement.tenant_key, placement.role, server.name, placement.kind,
            placement.database, placement.state, placement.tier
        FROM main.tenant_placements AS placement JOIN main.data_servers AS server ON server.id = placement.server_id
        WHERE placement.tenant_id = $1
        ORDER BY placement.role
        """

    /// The stored servers, locked until the end of the transaction: tenants are placed one after the other.
    static let lock: PostgresStatement = """
        SELECT id, name, address, tenants, used_bytes FROM main.data_servers ORDER BY id FOR UPDATE
        """

    /// The stored servers.
    static let servers: PostgresStatement = """
        SELECT id, name, address, tenants, used_bytes FROM main.data_servers ORDER BY id
        """

    /// Where a tenant was provisioned before placements were stored. Parameter: tenant.
    static let formerAddress: PostgresStatement = """
        SELECT server FROM main.tenant_credentials WHERE tenant_id = $1 ORDER BY created_on, id LIMIT 1
        """

    /// Reserves a place. Parameters: tenant, role, key, server, kind, database, tier.
    static let reserve: PostgresStatement = """
        INSERT INTO main.tenant_placements (tenant_id, role, tenant_key, server_id, kind, database, tier, state)
        SELECT $1, $2, $3, id, $5, $6, $7, 'reserved' FROM main.data_servers WHERE name = $4
        """

    /// The data is there. Parameters: tenant, role.
    static let confirm: PostgresStatement = """
        UPDATE main.tenant_placements SET state = 'placed', modified_on = now()
        WHERE tenant_id = $1 AND role = $2 AND state = 'reserved'
        """

    /// What was confirmed is a reservation again. Parameters: tenant, role.
    static let unconfirm: PostgresStatement = """
        UPDATE main.tenant_placements SET state = 'reserved', modified_on = now()
        WHERE tenant_id = $1 AND role = $2
        """

    /// Gives a place back that nothing was made at. Parameters: tenant, role.
    static let release: PostgresStatement = """
        DELETE FROM main.tenant_placements WHERE tenant_id = $1 AND role = $2 AND state = 'reserved'
        """

    /// Gives a place back whose data is gone. Parameters: tenant, role.
    static let remove: PostgresStatement = "DELETE FROM main.tenant_placements WHERE tenant_id = $1 AND role = $2"

    /// What was at one role of a tenant is at another one. Parameters: tenant, old role, new role, time until the data is
    /// removed or NULL.
    static let change: PostgresStatement = """
        UPDATE main.tenant_placements
        SET role = $3, state = 'placed', due_at = now() + $4 * interval '1 microsecond', claim = NULL, attempts = 0,
            last_error = NULL, modified_on = now()
        WHERE tenant_id = $1 AND role = $2
        """

    /// Parameters: name, address.
    static let addServer: PostgresStatement = """
        INSERT INTO main.data_servers (name, address) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING
        """

    /// Parameters: id, name, address.
    static let changeServer: PostgresStatement = "UPDATE main.data_servers SET name = $2, address = $3 WHERE id = $1"

    /// Parameter: id.
    static let removeServer: PostgresStatement = "DELETE FROM main.data_servers WHERE id = $1 AND tenants = 0"

    /// Parameters: name, bytes.
    static let measured: PostgresStatement = """
        UPDATE main.data_servers SET used_bytes = $2, measured_on = now() WHERE name = $1
        """

    /// The size of everything on a data server.
    static let size: PostgresStatement = """
        SELECT COALESCE(sum(pg_catalog.pg_database_size(oid)), 0)::bigint FROM pg_catalog.pg_database
        WHERE pg_catalog.has_database_privilege(oid, 'CONNECT')
        """
}
