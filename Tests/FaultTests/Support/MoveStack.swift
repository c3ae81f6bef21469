import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport

/// Services in their own processes, and two data servers behind proxies: `a`, on which tenants are provisioned, and `b`.
struct MoveStack {
    let stack: ProcessStack
    let service: ArcProcess
    let orchestrator: ArcProcess
    let other: PostgresCluster
    /// Of both data servers.
    let answers: LostAnswers

    /// - Parameter provisioner: Of every tenant.
    static func run(
        provisioner: String = "postgres-schema", _ body: (MoveStack) async throws -> Void
    ) async throws {
        let answers = LostAnswers()
        let inspector = { @Sendable () in answers.makeInspector() }
        try await PostgresCluster.with(usesTCP: true) { cluster in
            try await withPool(cluster.configuration()) { pool in
                try await pool.execute("CREATE ROLE provisioner LOGIN CREATEDB CREATEROLE")
                try await pool.execute("CREATE DATABASE application OWNER provisioner")
            }
            guard let port = cluster.port.map(String.init) else { throw TestFailure("the cluster has no port") }
            try await ProcessStack.run { stack in
                let main = stack.data.servers.postgres
                try await TCPProxy.run(to: main.host, main.port, inspector: inspector) { first in
                    try await TCPProxy.run(to: "127.0.0.1", port, inspector: inspector) { second in
                        let settings = try Self.settings(stack, provisioner, first.port, second.port)
                        let service = try await stack.start(.tenantManagement)
                        let orchestrator = try await stack.start(
                            .orchestrator, settings.merging(TableGate.patience) { $1 })
                        let world = MoveStack(
                            stack: stack, service: service, orchestrator: orchestrator, other: cluster,
                            answers: answers)
                        // From then on it counts as the fuller one, so that new tenants go to the other.
                        try await eventually("server b was measured") {
                            try await world.control.count(
                                "SELECT count(*) FROM main.data_servers WHERE name = 'b' AND used_bytes > 0") == 1
                        }
                        try await body(world)
                    }
                }
            }
        }
    }

    private static func settings(
        _ stack: ProcessStack, _ provisioner: String, _ first: Int, _ second: Int
    ) throws -> [String: String] {
        let application = try stack.data.database(.application)
        let common: JSONObject = [
            "host": "127.0.0.1", "user": "provisioner", "sslmode": "disable", "connectionTimeoutMillis": 20_000,
        ]
        var (a, b) = (common, common)
        (a["name"], a["port"], a["database"]) = ("a", .integer(first), .string(application.name))
        (b["name"], b["port"], b["database"]) = ("b", .integer(second), "application")
        b["capacity"] = ["bytes": 1_000_000_000_000]
        return [
            "DATA_SERVERS_FILE": try stack.write(["servers": [.object(a), .object(b)]], "servers.json"),
            "TIERS_FILE": try stack.write(["BASIC": ["provisioner": .string(provisioner)]], "tenants.json"),
            // A test that kills the process ends the leases, too.
            "PROVISIONING_LEASE_MILLIS": "3600000",
            // What a process that was killed leaves there goes with the stack.
            "TMPDIR": stack.folder.path,
        ]
    }

    var control: TestDatabase { get throws { try stack.data.database(.orchestrator) } }
    var application: TestDatabase { get throws { try stack.data.database(.application) } }

    // MARK: Tenants

    /// A tenant with a table of 200 rows in its schema.
    func tenant() async throws -> MovedTenant {
        let key = TestStack.uniqueKey()
        let id = try await create(key)
        try await stack.waitUntilAllAreActive()
        try await application.withPool(user: "tenant_\(key)") { pool in
            try await pool.execute("CREATE TABLE tenant_\(key).orders (id int PRIMARY KEY, note text)")
            try await pool.execute(
                "INSERT INTO tenant_\(key).orders SELECT i, 'n' || i FROM generate_series(1, 200) AS i")
        }
        return MovedTenant(world: self, key: key, id: id)
    }

    /// Creates a tenant, which starts its provisioning.
    /// - Returns: Its id.
    func create(_ key: String) async throws -> String {
        guard await stack.create(service.client, key: key).status == 201 else {
            throw TestFailure("the tenant was not created")
        }
        let ids = try await stack.data.database(.tenantManagement).texts(
            "SELECT id::text FROM main.tenants WHERE key = $1", [.text(key)])
        guard let id = ids.first else { throw TestFailure("there is no tenant \(key)") }
        return id
    }

    /// Waits until so many moves have succeeded, and nothing is left to do.
    func waitForMoves(_ count: Int) async throws { try await wait(for: count, of: 2) }

    /// Waits until so many workflows of a kind have succeeded, and nothing is left to do.
    /// - Parameter kind: 0 provisioning, 1 removal, 2 move.
    func wait(for count: Int, of kind: Int) async throws {
        try await eventually("\(count) workflows of kind \(kind) have succeeded", within: .seconds(300)) {
            let succeeded = try await stack.data.database(.tenantManagement).count(
                "SELECT count(*) FROM main.provisionings WHERE kind = \(kind) AND status = 1")
            let unfinished = try await control.count(
                "SELECT count(*) FROM main.provisioning_runs WHERE due_at IS NOT NULL")
            return succeeded == count && unfinished == 0
        }
    }
}

/// A tenant that is moved to a database of its own on server `b`.
struct MovedTenant {
    let world: MoveStack
    let key: String
    let id: String

    var name: String { "tenant_\(key)" }

    func move() async throws {
        try await post("move", ["target": "silo", "server": "b", "reason": "It has grown"], 202)
    }

    func confirm() async throws { try await post("move/confirm", nil, 204) }

    private func post(_ path: String, _ body: JSONValue?, _ status: Int) async throws {
        let token = world.stack.admin
        let client = world.service.client
        try await client.post("/tenants/\(id)/\(path)", body, token: token).expect(status)
    }

    /// Everything that exists for it, with its key left out.
    func state() async throws -> [String] {
        var found = try await world.application.withPool { try await Self.state(of: name, "a", $0) }
        found += try await withPool(world.other.configuration { $0.database = "application" }) {
            try await Self.state(of: name, "b", $0)
        }
        found += try await withPool(world.other.configuration { $0.database = name }) {
            try await Self.state(of: name, "b's database", $0) + [Self.text($0, Self.rows(name))]
        }
        let rows = Self.rows(name)
        found += try await world.application.texts(rows)
        found += try await world.control.texts(Self.stored, [.text(key)])
        found += try await world.stack.data.database(.tenantManagement).texts(
            """
            SELECT concat_ws(' ', type, external_identifier, metadata - 'secretRef', metadata ? 'secretRef', deleted)
            FROM main.resources
            WHERE tenant_id = $1::uuid ORDER BY 1
            """, [.text(id)])
        return found.map { $0.replacing(key, with: "key").replacing(id, with: "id") }
    }

    private static func rows(_ name: String) -> String {
        "SELECT concat_ws(' ', count(*), md5(string_agg(o::text, ',' ORDER BY id))) FROM \(name).orders AS o"
    }

    private static func text(_ pool: PostgresPool, _ sql: String) async throws -> String {
        try await pool.query(PostgresStatement(sql, prepared: false)).first?.text(0) ?? ""
    }

    static func state(of name: String, _ place: String, _ pool: PostgresPool) async throws -> [String] {
        let rows = try await pool.query(PostgresStatement(objects, prepared: false), [.text(name)]).rows
        return try rows.map { "\(place): \(try $0.text(0))" }
    }

    /// Writes as the tenant's application does, where the tenant is now.
    func write() async throws {
        let insertion = "INSERT INTO \(name).orders VALUES (201, 'after')"
        let configuration = world.other.configuration { configuration in
            (configuration.user, configuration.database) = (name, name)
        }
        try await withPool(configuration) { try await $0.execute(insertion) }
    }

    private static let objects = """
        SELECT concat_ws(' ', 'role', rolcanlogin, rolconnlimit, rolcreatedb) FROM pg_roles WHERE rolname = $1
        UNION ALL SELECT concat_ws(' ', 'setting', setdatabase <> 0, setconfig) FROM pg_db_role_setting
            WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = $1)
        UNION ALL SELECT concat_ws(' ', 'member', pg_get_userbyid(member)) FROM pg_auth_members
            WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = $1)
        UNION ALL SELECT concat_ws(' ', 'enters', has_database_privilege(rolname, current_database(), 'CONNECT'))
            FROM pg_roles WHERE rolname = $1
        UNION ALL SELECT concat_ws(' ', 'schema', pg_get_userbyid(nspowner), nspacl) FROM pg_namespace WHERE nspname = $1
        UNION ALL SELECT concat_ws(' ', 'table', relname, pg_get_userbyid(relowner)) FROM pg_class
            WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND relkind = 'r'
        UNION ALL SELECT concat_ws(' ', 'database', pg_get_userbyid(datdba), datacl) FROM pg_database WHERE datname = $1
        ORDER BY 1
        """

    static let stored = """
        SELECT concat_ws(' ', 'place', role, kind, name, database, state)
        FROM main.tenant_placements JOIN main.data_servers ON server_id = data_servers.id WHERE tenant_key = $1
        UNION ALL SELECT concat_ws(' ', 'run', run.kind, run.state, callback_state, due_at IS NULL,
            (SELECT string_agg(concat_ws(' ', step.name, step.state), ', ' ORDER BY position) FROM main.workflow_steps AS step
             WHERE run_id = run.id))
        FROM main.provisioning_runs AS run WHERE tenant_key = $1
        UNION ALL SELECT concat_ws(' ', 'credential', role) FROM main.tenant_credentials WHERE role = 'tenant_' || $1
        ORDER BY 1
        """
}
