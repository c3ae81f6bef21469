import HTTPTypes
import JSONCoding
import MessageBus
import Migrations
import PostgresClient
import PostgresTestSupport
import Primitives
import Synchronization
import Testing
import WorkQueue

@testable import Orchestrator

/// Runs step by step: what the worker does, without its loop, on a clock that stands still.
@Suite(.serialized) struct ProvisioningRunTests {
    static let lease = Duration.seconds(15)

    /// Claims what is due and works on it; returns how many runs that were.
    @discardableResult
    func work(_ processor: ProvisioningRunProcessor) async throws -> Int {
        let runs = try await processor.repository.claim(limit: 10, lease: Self.lease)
        for run in runs {
            let transition = await processor.advance(run)
            _ = try await processor.repository.record(run, transition)
        }
        return runs.count
    }

    @Test func anEventIsProvisionedAndReportedOnce() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with { receiver, url in
                try await withClient { client in
                    let provisioner = ScriptedProvisioner()
                    let processor = try world.processor(provisioner, callbackURL: url + "/webhook", client: client)
                    let test = TestEvent(key: "acme")
                    #expect(try await world.repository().enqueue(try test.event()))
                    #expect(try await work(processor) == 1)
                    #expect(try await work(processor) == 0)

                    let run = try await world.run(of: test.tenant)
                    #expect(run.state == "provisioned")
                    #expect(run.callbackState == "delivered")
                    #expect(run.callbackStatus == 204)
                    #expect(run.provisioner == "test")
                    #expect(!run.isUnfinished && !run.holdsEvent && !run.isClaimed)
                    #expect(receiver.requests.count == 1)
                    let request = try #require(receiver.requests.first)
                    #expect(request.path == "/webhook")
                    #expect(try request.isSigned(for: test))
                    #expect(try request.header("x-timestamp") == "1800000000000")
                    #expect(try request.header("traceparent").hasPrefix("00-0af7651916cd43dd8448eb211c80319c-"))
                    #expect(
                        try request.json == [
                            "initiatorId": .identifier(test.tenant), "type": 0,
                            "data": [
                                "status": 1, "appPlaneUrl": "http://acme.localhost",
                                "resources": [
                                    ["type": "bucket", "metadata": ["bucket": "b"], "externalIdentifier": "b"]
                                ],
                            ],
                        ])
                }
            }
        }
    }

    @Test func anEventThatComesTwiceHasOneRun() async throws {
        try await TestWorld.with(application: false) { world in
            let test = TestEvent(key: "acme")
            let event = try test.event()
            let isNew = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { try await world.repository().enqueue(event) } }
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(isNew.filter(\.self).count == 1)
            // Another event with the same context is the same provisioning.
            var copy = test
            copy.id = .v4()
            #expect(try await world.repository().enqueue(try copy.event()) == false)
            // Another context is another one.
            copy.id = .v4()
            copy.context = Identifier.v4().description
            #expect(try await world.repository().enqueue(try copy.event()))
            #expect(try await world.admin.count("SELECT count(*) FROM main.provisioning_runs") == 2)
        }
    }

    @Test func whoeverDiesInProvisioningIsFollowedWithTheSameResult() async throws {
        try await TestWorld.with { world in
            try await Receiver.with { receiver, url in
                try await withClient { client in
                    let test = TestEvent(key: world.newKey())
                    let provisioner = PostgresSchemaProvisioner(tenancy: try world.tenancy())
                    _ = try await world.repository().enqueue(try test.event())
                    // The first process makes everything and is killed before it notes that.
                    let claimed = try #require(try await world.repository().claim(limit: 1, lease: Self.lease).first)
                    let event = try #require(world.repository().event(of: claimed))
                    guard case .provisioned(let made, _) = try await provisioner.provision(event) else {
                        Issue.record("delegated")
                        return
                    }
                    // The second one finds nothing while the lease lasts, and the run after it.
                    let second = try world.processor(provisioner, callbackURL: url + "/webhook", client: client)
                    #expect(try await work(second) == 0)
                    try await world.letTimePass(Self.lease)
                    #expect(try await work(second) == 1)
                    let run = try await world.run(of: test.tenant)
                    #expect(run.callbackState == "delivered")
                    let request = try #require(receiver.requests.first)
                    #expect(try request.isSigned(for: test))
                    #expect(try request.json["data"]?["resources"] == (try JSONValue.parse(made.jsonBytes())))
                    #expect(receiver.requests.count == 1)
                }
            }
        }
    }

    @Test func whoeverDiesBeforeTheCallbackIsFollowedWithoutProvisioningAgain() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with { receiver, url in
                try await withClient { client in
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    let run = try #require(try await world.repository().claim(limit: 1, lease: Self.lease).first)
                    let resources = [ScriptedProvisioner.resource].jsonBytes()
                    let transition = RunTransition.provisioned(
                        by: "test", resources: resources, appPlaneURL: "http://a")
                    #expect(try await world.repository().record(run, transition))
                    try await world.letTimePass(Self.lease)

                    let provisioner = ScriptedProvisioner()
                    let second = try world.processor(provisioner, callbackURL: url + "/webhook", client: client)
                    #expect(try await work(second) == 1)
                    #expect(provisioner.count == 0)
                    #expect(receiver.requests.count == 1)
                    #expect(try receiver.requests[0].json["data"]?["appPlaneUrl"] == "http://a")
                    #expect(try receiver.requests[0].isSigned(for: test))
                    // The first one lives after all, too late.
                    #expect(try await world.repository().record(run, .callbackDelivered(status: 204)) == false)
                    #expect(try await world.repository().renew([run], lease: Self.lease).isEmpty)
                }
            }
        }
    }

    @Test func aProvisionerThatKeepsFailingLeadsToAFailureCallback() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with { receiver, url in
                try await withClient { client in
                    let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in
                        throw .transient("no space")
                    }
                    let policy = RunPolicy(
                        maximumAttempts: 3, provisioning: BackOff(initial: .seconds(10), maximum: .seconds(60)))
                    let processor = try world.processor(
                        provisioner, callbackURL: url + "/webhook", client: client, policy: policy)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    for attempt in 1...2 {
                        #expect(try await work(processor) == 1)
                        let run = try await world.run(of: test.tenant)
                        #expect(run.state == "pending")
                        #expect(run.attempts == attempt)
                        #expect(run.lastError == "no space")
                        #expect(try await work(processor) == 0)
                        try await world.letTimePass(.seconds(60))
                    }
                    #expect(receiver.requests.isEmpty)
                    #expect(try await work(processor) == 1)
                    let run = try await world.run(of: test.tenant)
                    #expect(run.state == "failed")
                    #expect(run.attempts == 3)
                    #expect(run.callbackState == "delivered")
                    #expect(provisioner.count == 3)
                    let request = try #require(receiver.requests.first)
                    #expect(try request.isSigned(for: test))
                    #expect(try request.json["data"]?["status"] == 0)
                    #expect(try request.json["data"]?["resources"] == [])
                }
            }
        }
    }

    @Test func `an outage of what the provisioner depends on is no attempt, however often it is tried`() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with { receiver, url in
                try await withClient { client in
                    let isAway = Mutex(true)
                    let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in
                        if isAway.withLock({ $0 }) { throw .unavailable("the database is away") }
                        return .provisioned([ScriptedProvisioner.resource], appPlaneURL: nil)
                    }
                    let processor = try world.processor(
                        provisioner, callbackURL: url + "/webhook", client: client,
                        policy: RunPolicy(maximumAttempts: 2))
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    for _ in 1...20 {
                        #expect(try await work(processor) == 1)
                        let run = try await world.run(of: test.tenant)
                        #expect(run.state == "pending" && run.attempts == 0)
                        #expect(try #require(run.delay) <= .seconds(5), "it goes on soon after the outage")
                        try await world.letTimePass(.seconds(60))
                    }
                    isAway.withLock { $0 = false }
                    #expect(try await work(processor) == 1)
                    #expect(try await world.run(of: test.tenant).callbackState == "delivered")
                    #expect(try receiver.requests.map { try $0.json["data"]?["status"] } == [1])
                }
            }
        }
    }

    @Test func `an outage beyond its limit fails the run`() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with { receiver, url in
                try await withClient { client in
                    let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in
                        throw .unavailable("the database is away")
                    }
                    let processor = try world.processor(provisioner, callbackURL: url + "/webhook", client: client)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    try await work(processor)
                    try await world.letTimePass(.seconds(3000))
                    try await work(processor)
                    #expect(try await world.run(of: test.tenant).state == "pending")
                    try await world.letTimePass(.seconds(700))
                    try await work(processor)
                    #expect(try await world.run(of: test.tenant).state == "failed")
                    #expect(try receiver.requests.map { try $0.json["data"]?["status"] } == [0])
                }
            }
        }
    }

    @Test func whatCannotSucceedIsTriedOnce() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with { receiver, url in
                try await withClient { client in
                    let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in throw .permanent("never") }
                    let processor = try world.processor(provisioner, callbackURL: url + "/webhook", client: client)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    try await work(processor)
                    #expect(provisioner.count == 1)
                    #expect(try await world.run(of: test.tenant).state == "failed")
                    #expect(try receiver.requests.map { try $0.json["data"]?["status"] } == [0])
                }
            }
        }
    }

    @Test(arguments: ["GOLD", nil])
    func anUnknownTierLeadsToAFailureCallback(tier: String?) async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with { receiver, url in
                try await withClient { client in
                    let provisioner = ScriptedProvisioner()
                    let processor = try world.processor(provisioner, callbackURL: url + "/webhook", client: client)
                    var test = TestEvent(key: "acme")
                    test.tier = tier
                    _ = try await world.repository().enqueue(try test.event())
                    #expect(try await work(processor) == 1)
                    #expect(try await work(processor) == 0)
                    let run = try await world.run(of: test.tenant)
                    #expect(run.state == "failed")
                    #expect(run.lastError?.contains("tier") == true)
                    #expect(run.callbackState == "delivered")
                    #expect(provisioner.count == 0)
                    #expect(try receiver.requests.map { try $0.json["data"]?["status"] } == [0])
                }
            }
        }
    }

    @Test func aPipelineTakesOverAndCallsBackItself() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with({ $0 == 1 ? .status(500) : .status(202) }) { receiver, url in
                try await withClient { client in
                    let provisioner = HTTPProvisioner(
                        url: url + "/pipeline", headers: ["authorization": "Bearer token"], timeout: .seconds(120),
                        client: client)
                    let processor = try world.processor(provisioner, callbackURL: url + "/webhook", client: client)
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    try await work(processor)
                    #expect(try await world.run(of: test.tenant).lastError == "the pipeline answered 500")
                    try await world.letTimePass(.seconds(60))
                    try await work(processor)
                    let run = try await world.run(of: test.tenant)
                    #expect(run.state == "delegated")
                    #expect(run.callbackState == "none")
                    #expect(!run.isUnfinished && !run.holdsEvent)
                    #expect(receiver.requests.map(\.path) == ["/pipeline", "/pipeline"])
                    let request = receiver.requests[1]
                    #expect(try request.header("authorization") == "Bearer token")
                    #expect(try request.header("content-type") == "application/json")
                    #expect(try request.header("idempotency-key") == test.id.description)
                    // What the pipeline gets is the event, with the secret that it must sign with.
                    var expected = try #require(try test.json.objectValue)
                    expected["secret"] = .string(test.secret)
                    #expect(try request.json == .object(expected))
                }
            }
        }
    }

    @Test func noSecretLiesInClear() async throws {
        try await TestWorld.with { world in
            let test = TestEvent(key: world.newKey())
            let tenancy = try world.tenancy()
            _ = try await world.repository().enqueue(try test.event())
            try await Receiver.with({ _ in .status(503) }) { receiver, url in
                try await withClient { client in
                    let provisioner = PostgresSchemaProvisioner(tenancy: tenancy)
                    try await work(try world.processor(provisioner, callbackURL: url + "/webhook", client: client))
                    let password = try await world.credentials.credential(
                        role: "tenant_\(test.key)",
                        server: "\(tenancy.configuration.host):\(tenancy.configuration.port)", tenant: test.tenant
                    ).password
                    #expect(!String(decoding: receiver.requests[0].bytes, as: UTF8.self).contains(password))
                    var stored: [String] = []
                    for table in ["provisioning_runs", "tenant_credentials", "inbox"] {
                        // bytea as text that was stored as it is, not as hexadecimal digits.
                        let result = try await world.admin.query(
                            PostgresStatement(
                                """
                                SELECT coalesce(string_agg(row::text, ';'), '') FROM (
                                    SELECT t.*, \(table == "provisioning_runs" ? "encode(sealed_event, 'escape')" : "1"),
                                        \(table == "tenant_credentials" ? "encode(sealed_password, 'escape')" : "1")
                                    FROM main.\(table) t) row
                                """, prepared: false))
                        stored.append(try #require(result.first).text(0))
                    }
                    #expect(stored[0].contains(test.context))
                    for secret in [test.secret, password, "jane@example.com"] {
                        #expect(!stored.joined().contains(secret))
                    }
                }
            }
        }
    }

    @Test func aRunThatCannotBeOpenedIsVisible() async throws {
        try await TestWorld.with(application: false) { world in
            let test = TestEvent(key: "acme")
            _ = try await world.repository().enqueue(try test.event())
            try await world.admin.execute("UPDATE main.provisioning_runs SET sealed_event = '\\x00'")
            try await withClient { client in
                let provisioner = ScriptedProvisioner()
                let processor = try world.processor(provisioner, callbackURL: "http://127.0.0.1:1/", client: client)
                try await work(processor)
                try await world.letTimePass(.seconds(3600))
                #expect(try await work(processor) == 0)
                #expect(provisioner.count == 0)
            }
            let run = try await world.run(of: test.tenant)
            #expect(run.state == "failed")
            #expect(run.callbackState == "refused")
            #expect(run.lastError?.contains("DATA_ENCRYPTION_KEY") == true)
            #expect(!run.holdsEvent)
        }
    }

    @Test func migrationsCanBeTakenBack() async throws {
        try await TestWorld.with(application: false) { world in
            let migrator = Migrator(
                configuration: try PostgresTestServer.current().configuration(database: world.database),
                migrations: OrchestratorMigrations.all, logger: testLogger)
            _ = try await migrator.down(to: 0)
            #expect(
                try await world.admin.count(
                    "SELECT count(*) FROM pg_tables WHERE schemaname = 'main' AND tablename <> 'schema_migrations'")
                    == 0)
            _ = try await migrator.up()
        }
    }
}
