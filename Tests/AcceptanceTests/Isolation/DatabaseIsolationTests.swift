import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// The second wall: what PostgreSQL itself refuses to the role that the services run as.
@Suite struct DatabaseIsolationTests {
    /// How a statement of the runtime role ended.
    private enum Outcome: Equatable {
        case rows(Int)
        case refused
        case failed(String)
    }

    /// Values of `app.tenant_id`, under which nothing of the other tenant may be touched.
    private func contexts(_ world: IsolationWorld) -> [(name: String, settings: [PostgresSetting])] {
        [
            ("no context", []), ("an empty context", [PostgresSetting("app.tenant_id", "")]),
            ("the first tenant's context", [PostgresSetting("app.tenant_id", world.own.tenant)]),
            ("a lead's context", [PostgresSetting("app.tenant_id", world.lead)]),
            ("a context of nonsense", [PostgresSetting("app.tenant_id", "%' OR true --")]),
        ]
    }

    @Test func `the runtime roles can neither read nor change rows of another tenant`() async throws {
        try await IsolationWorld.run { world in
            let stack = world.stack
            let before = try await world.snapshot()
            for kind in [DatabaseTemplate.tenantManagement, .subscription] {
                let database = try stack.database(kind)
                let tables = try await TenantTables.read(database)
                for table in tables.owned where !table.isProtected {
                    world.problems.add("\(kind.name).\(table.name) has no row-level security")
                }
                try await database.withPool(user: kind.runtimeRole) { pool in
                    for table in tables.owned { try await attack(table, pool, database, world) }
                    for table in tables.all where table.isProtected { try await attack(table, without: pool, world) }
                }
            }
            let after = try await world.snapshot()
            #expect(after == before)
            #expect(world.problems.isEmpty, "\(world.problems.text)")
        }
    }

    private func run(_ pool: PostgresPool, _ sql: String, _ values: [PostgresValue], _ settings: [PostgresSetting])
        async -> Outcome
    {
        do {
            let result = try await pool.query(
                PostgresStatement(sql, prepared: false), values, settings: settings)
            return .rows(result.affectedRows)
        } catch {
            // ARC11: a line of a credit note whose invoice the caller does not see.
            return error.sqlState == .insufficientPrivilege || error.sqlState?.code == "ARC11"
                ? .refused : .failed("\(error.sqlState?.code ?? "\(error)")")
        }
    }

    /// Rows of the other tenant, under every context that is not its own.
    private func attack(
        _ table: TenantTables.Table, _ pool: PostgresPool, _ database: TestDatabase, _ world: IsolationWorld
    ) async throws {
        let other = world.other
        let rows = "FROM main.\(table.name) AS t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0"
        let named: [PostgresValue] = [.text(other.tenant), .text(other.marker)]
        let copy = try await database.texts("SELECT to_jsonb(t)::text \(rows) LIMIT 1", named).first
        let column = table.columns.first { !$0.isGenerated }?.name ?? "id"
        let target = "AS t SET \(column) = t.\(column) WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0"
        for (name, settings) in contexts(world) {
            func check(_ what: String, _ outcome: Outcome, _ isRight: (Outcome) -> Bool) {
                guard !isRight(outcome) else { return }
                world.problems.add("\(database.template.name).\(table.name): \(what) in \(name): \(outcome)")
            }
            let isNothing: (Outcome) -> Bool = { $0 == .rows(0) || $0 == .refused }
            check("SELECT", await run(pool, "SELECT 1 \(rows)", named, settings), isNothing)
            check("UPDATE", await run(pool, "UPDATE main.\(table.name) \(target)", named, settings), isNothing)
            check("DELETE", await run(pool, "DELETE \(rows)", named, settings), isNothing)
            guard let copy else { continue }
            check("INSERT", await run(pool, Self.insert(table), [.text(copy)], settings)) { $0 == .refused }
        }
    }

    /// A row like an existing one, with its own id.
    private static func insert(_ table: TenantTables.Table) -> String {
        let columns = table.columns.filter { !$0.isGenerated }.map(\.name)
        let values = columns.map { $0 == "id" ? "gen_random_uuid()" : "copy.\($0)" }
        return """
            INSERT INTO main.\(table.name) (\(columns.joined(separator: ", ")))
            SELECT \(values.joined(separator: ", ")) FROM jsonb_populate_record(NULL::main.\(table.name), $1::jsonb) AS copy
            """
    }

    /// All rows, the catalog's too, when nobody is named; and the catalog as a tenant, who may only read it.
    private func attack(_ table: TenantTables.Table, without pool: PostgresPool, _ world: IsolationWorld) async throws {
        let column = table.columns.first { !$0.isGenerated }?.name ?? "id"
        for settings in [[], [PostgresSetting("app.tenant_id", "")]] {
            for sql in [
                "SELECT 1 FROM main.\(table.name)", "UPDATE main.\(table.name) SET \(column) = \(column)",
                "DELETE FROM main.\(table.name)",
            ] {
                let outcome = await run(pool, sql, [], settings)
                guard outcome != .rows(0), outcome != .refused else { continue }
                world.problems.add("\(sql) without a tenant: \(outcome)")
            }
        }
    }
}
