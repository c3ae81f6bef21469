import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

/// Two data servers on two PostgreSQL clusters, `a` (that of the tests) and `b`, and what moves tenants between them.
struct MoveWorld: Sendable {
    let world: TestWorld
    /// The second server, as its superuser.
    let other: PostgresPool
    let servers: DataServers
    let tools: MoveTools

    var tenancy: PlacedTenancy { tools.tenancy }

    /// - Parameter window: How long a tenant may be unable to write.
    static func with(window: Duration = .seconds(600), _ body: (MoveWorld) async throws -> Void) async throws {
        try await TestWorld.with { world in
            try await PostgresCluster.with(usesTCP: true) { cluster in
                try await withPool(cluster.configuration()) { other in
                    try await other.execute("CREATE ROLE provisioner LOGIN CREATEDB CREATEROLE")
                    try await other.execute("CREATE DATABASE application OWNER provisioner")
                    var second = cluster.configuration()
                    second.user = "provisioner"
                    second.database = "application"
                    second.statementTimeout = .seconds(60)
                    let first = try #require(world.dataServers.list.first).configuration
                    let servers = DataServers(
                        [
                            DataServer(
                                name: "a", configuration: first, capacity: .init(tenants: 10),
                                labels: ["home": ["a"]]),
                            DataServer(name: "b", configuration: second, capacity: .init(tenants: 20)),
                        ], logger: testLogger)
                    var settings = MoveSettings()
                    settings.window = window
                    let tenancy = PlacedTenancy(
                        placement: PlacementService(
                            servers: servers, repository: PlacementRepository(pool: world.pool)),
                        credentials: world.credentials, connectionLimit: 7)
                    try await withCleanup {
                        try await body(
                            MoveWorld(
                                world: world, other: other, servers: servers,
                                tools: MoveTools(
                                    tenancy: tenancy, settings: settings, clock: world.clock, logger: testLogger)))
                    } cleanup: {
                        await servers.shutdown()
                    }
                }
            }
        }
    }

    /// Provisions a tenant on server `a`, and gives it data.
    func tenant(_ kind: TenantPlacement.Kind = .pooled) async throws -> MovingTenant {
        let tenant = MovingTenant(world: self, test: TestEvent(key: world.newKey()))
        let provisioner: any Provisioner =
            kind == .pooled
            ? PostgresSchemaProvisioner(tenancy: tenancy, labels: ["home": "a"])
            : PostgresDatabaseProvisioner(tenancy: tenancy, labels: ["home": "a"])
        _ = try await provisioner.plan(.provision).performAll(try tenant.test.event())
        #expect(try await tenant.place()?.server == "a")
        try await tenant.inApplication { pool in
            for sql in MovingTenant.data(tenant.name) { try await pool.execute(sql) }
        }
        return tenant
    }
}

/// A tenant that is moved.
struct MovingTenant: Sendable {
    let world: MoveWorld
    let test: TestEvent

    var name: String { "tenant_\(test.key)" }
    var id: Identifier { test.tenant }

    /// Objects of several kinds, with 500 rows.
    static func data(_ name: String) -> [String] {
        [
            "CREATE TABLE \(name).orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text, at timestamptz, price numeric(10, 2) CHECK (price >= 0))",
            "CREATE TABLE \(name).lines (order_id bigint REFERENCES \(name).orders (id), text bytea)",
            "CREATE INDEX orders_note ON \(name).orders (note)",
            "CREATE VIEW \(name).cheap AS SELECT id FROM \(name).orders WHERE price < 10",
            "CREATE FUNCTION \(name).twice(a int) RETURNS int LANGUAGE sql AS 'SELECT a * 2'",
            "INSERT INTO \(name).orders (note, at, price) SELECT 'n' || i, now(), i FROM generate_series(1, 500) AS i",
            "INSERT INTO \(name).lines SELECT id, decode('00ff', 'hex') FROM \(name).orders LIMIT 50",
        ]
    }

    func place(_ role: TenantPlacement.Role = .current) async throws -> TenantPlacement? {
        try await world.tenancy.find(id, role)
    }

    /// What the tenant's application does: a session of its role, with its password, where its data is.
    func inApplication<Value: Sendable>(_ body: (PostgresPool) async throws -> Value) async throws -> Value {
        let place = try #require(try await place())
        return try await inApplication(on: place.server, database: place.database, body)
    }

    func inApplication<Value: Sendable>(
        on server: String, database: String, _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        var configuration = try #require(world.servers.list.first { $0.name == server }).configuration
        configuration.user = name
        configuration.database = database
        configuration.maximumConnections = 1
        configuration.connectionTimeout = .seconds(60)
        return try await withPool(configuration, body)
    }

    /// The number of orders, as the application sees it.
    func orders() async throws -> Int {
        try await inApplication { try await $0.count("SELECT count(*) FROM \(name).orders") }
    }

    /// Expects that the application can read and write where its data is.
    func expectWritable(_ location: SourceLocation = #_sourceLocation) async throws {
        let before = try await orders()
        try await inApplication { pool in
            try await pool.execute("INSERT INTO \(name).orders (note, price) VALUES ('after', 1)")
        }
        #expect(try await orders() == before + 1, sourceLocation: location)
    }

    // MARK: The move

    /// The event that asks for a move.
    func event(target: String? = nil, server: String? = nil) throws -> ProvisioningEvent {
        var move: JSONObject = ["reason": "a test"]
        if let target { move["target"] = .string(target) }
        if let server { move["server"] = .string(server) }
        let json: JSONValue = [
            "tenant": ["id": .identifier(id), "key": .string(test.key)], "secret": .string(test.secret),
            "context": .string(Identifier.v4().description), "move": .object(move),
        ]
        return try ProvisioningEvent(
            kind: .move, json: json.serialized(), eventID: .v4(), tenantID: id, trace: nil, secrets: test.secrets)
    }

    func rehearsal(target: String? = nil, server: String? = nil) throws -> MoveRehearsal {
        MoveRehearsal(
            event: try event(target: target, server: server),
            steps: try MovePlan.make(world.tools, labels: [:]).steps)
    }
}

/// Performs the steps of a move one by one, and records their outputs as a workflow does.
struct MoveRehearsal: Sendable {
    let event: ProvisioningEvent
    let steps: [any ProvisioningStep]
    private(set) var outputs: [String: JSONObject] = [:]
    private(set) var resources: [TenantResource] = []

    init(event: ProvisioningEvent, steps: [any ProvisioningStep]) {
        self.event = event
        self.steps = steps
    }

    private var context: StepContext { StepContext(event: event, outputs: outputs) }

    /// Performs a step; an output that is not recorded is that of a process that was killed.
    mutating func perform(_ index: Int, isRecorded: Bool = true) async throws {
        let output = try await steps[index].perform(context)
        guard isRecorded else { return }
        outputs[steps[index].name] = output.values
        resources += output.resources
    }

    /// Performs all steps from one on, until one of a name or the end.
    mutating func performAll(from first: Int = 0, before name: String? = nil) async throws {
        for index in first..<steps.count {
            if steps[index].name == name { return }
            try await perform(index)
        }
    }

    /// Undoes the first steps, in reverse order, each twice.
    func compensate(_ count: Int) async throws {
        for index in (0..<count).reversed() {
            try await steps[index].compensate(context)
            try await steps[index].compensate(context)
        }
    }

    func index(of name: String) throws -> Int { try #require(steps.firstIndex { $0.name == name }) }
}
