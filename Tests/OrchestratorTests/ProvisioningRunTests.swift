import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

/// What a run does, and that its effect is the same when the process that performs it dies.
@Suite(.serialized) struct ProvisioningRunTests {
    @Test func `an event is provisioned and reported once`() async throws {
        try await RunStory.with { story in
            let processor = try story.processor()
            #expect(try await story.work(processor) == 1)
            #expect(try await story.work(processor) == 0)

            let run = try await story.run()
            #expect(run.state == "provisioned")
            #expect(run.callbackState == "delivered")
            #expect(run.callbackStatus == 204)
            #expect(run.provisioner == "test")
            #expect(!run.isUnfinished && !run.holdsEvent && !run.isClaimed)
            #expect(story.receiver.requests.count == 1)
            let request = try #require(story.receiver.requests.first)
            #expect(request.path == "/webhook")
            #expect(try request.isSigned(for: story.test))
            #expect(try request.header("x-timestamp") == "1800000000000")
            #expect(try request.header("traceparent").hasPrefix("00-0af7651916cd43dd8448eb211c80319c-"))
            var json = try #require(try request.json.objectValue)
            var data = try #require(json["data"]?.objectValue)
            // Beside the contract: how the run went, and which request it is about.
            let progress = try #require(data["progress"])
            #expect(progress["context"]?.stringValue == story.test.context && progress["state"] == "SUCCEEDED")
            #expect(progress["steps"]?.arrayValue?.map { $0["state"] } == ["SUCCEEDED"])
            #expect(data["context"]?.stringValue == story.test.context)
            (data["progress"], data["context"]) = (nil, nil)
            json["data"] = .object(data)
            #expect(
                .object(json) == [
                    "initiatorId": .identifier(story.test.tenant), "type": 0,
                    "data": [
                        "status": 1, "appPlaneUrl": "http://acme.localhost",
                        "resources": [["type": "bucket", "metadata": ["bucket": "b"], "externalIdentifier": "b"]],
                    ],
                ])
        }
    }

    @Test func `an event that comes twice has one run`() async throws {
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

    @Test func `a worker that died while provisioning is replaced with the same result`() async throws {
        try await RunStory.with(application: true) { story in
            let provisioner = PostgresSchemaProvisioner(tenancy: try story.world.tenancy())
            // The first process creates everything and is killed before it records that.
            let event = try #require(story.world.repository().event(of: try await story.claim()))
            guard case .provisioned(let made, _) = try await provisioner.provision(event) else {
                Issue.record("delegated")
                return
            }
            // The second one finds nothing while the lease lasts, and the run after it.
            let second = try story.processor(provisioner)
            #expect(try await story.work(second) == 0)
            try await story.letTimePass(RunStory.lease)
            #expect(try await story.work(second) == 1)
            #expect(try await story.run().callbackState == "delivered")
            let request = try #require(story.receiver.requests.first)
            #expect(try request.isSigned(for: story.test))
            #expect(try request.json["data"]?["resources"] == (try JSONValue.parse(made.jsonBytes())))
            #expect(story.receiver.requests.count == 1)
        }
    }

    @Test func `a worker that died before the callback is replaced without provisioning again`() async throws {
        try await RunStory.with { story in
            let run = try await story.claim()
            let provisioner = ScriptedProvisioner()
            var work = try await story.work(on: run, provisioner)
            work.run.workflow.begin(0, at: story.world.clock.now())
            work.run.workflow.succeed(0, at: story.world.clock.now())
            work.run.resources = [ScriptedProvisioner.resource]
            work.run.appPlaneURL = "http://a"
            work.change([0])
            #expect(try await story.world.repository().save(work.save(.kept)) != nil)
            try await story.letTimePass(RunStory.lease)

            #expect(try await story.work(try story.processor(provisioner)) == 1)
            #expect(provisioner.count == 0)
            #expect(story.receiver.requests.count == 1)
            let request = try #require(story.receiver.requests.first)
            let data = try request.json["data"]
            #expect(data?["appPlaneUrl"] == "http://a")
            #expect(data?["resources"] == .array([ScriptedProvisioner.resource.json]))
            #expect(try request.isSigned(for: story.test))
            // The first one is alive after all, too late.
            #expect(
                try await story.world.repository().record(run, .callbackDelivered(status: 204, version: 1)) == false)
            #expect(try await story.world.repository().renew([run], lease: RunStory.lease).isEmpty)
        }
    }

    @Test func `a pipeline that was started calls back itself`() async throws {
        try await RunStory.with(reply: { $0 == 1 ? .status(500) : .status(202) }) { story in
            let provisioner = HTTPProvisioner(
                url: story.url + "/pipeline", headers: ["authorization": "Bearer token"], timeout: .seconds(120),
                client: story.client)
            let processor = try story.processor(provisioner)
            try await story.work(processor)
            #expect(try await story.run().lastError == "the pipeline answered 500")
            try await story.letTimePass(.seconds(60))
            try await story.work(processor)
            let run = try await story.run()
            #expect(run.state == "delegated")
            #expect(run.callbackState == "none")
            #expect(!run.isUnfinished && !run.holdsEvent)
            #expect(story.receiver.requests.map(\.path) == ["/pipeline", "/pipeline"])
            let request = try #require(story.receiver.requests.last)
            #expect(try request.header("authorization") == "Bearer token")
            #expect(try request.header("content-type") == "application/json")
            #expect(try request.header("idempotency-key") == story.test.id.description)
            // What the pipeline gets is the event, with the secret that it must sign with.
            var expected = try #require(try story.test.json.objectValue)
            expected["secret"] = .string(story.test.secret)
            #expect(try request.json == .object(expected))
        }
    }

    @Test func `no secret is stored in plaintext`() async throws {
        try await RunStory.with(application: true, reply: { _ in .status(503) }) { story in
            let tenancy = try story.world.tenancy()
            try await story.work(try story.processor(PostgresSchemaProvisioner(tenancy: tenancy)))
            let password = try await story.world.credentials.credential(
                role: "tenant_\(story.test.key)",
                server: story.world.dataServerAddress, tenant: story.test.tenant
            ).password
            let request = try #require(story.receiver.requests.first)
            #expect(!String(decoding: request.bytes, as: UTF8.self).contains(password))
            var stored: [String] = []
            for table in ["provisioning_runs", "tenant_credentials", "inbox"] {
                // bytea as text that was stored as it is, not as hexadecimal digits.
                let result = try await story.world.admin.query(
                    PostgresStatement(
                        """
                        SELECT coalesce(string_agg(row::text, ';'), '') FROM (
                            SELECT t.*, \(table == "provisioning_runs" ? "encode(sealed_event, 'escape')" : "1"),
                                \(table == "tenant_credentials" ? "encode(sealed_password, 'escape')" : "1")
                            FROM main.\(table) t) row
                        """, prepared: false))
                stored.append(try #require(result.first).text(0))
            }
            #expect(stored[0].contains(story.test.context))
            for secret in [story.test.secret, password, "jane@example.com"] {
                #expect(!stored.joined().contains(secret))
            }
        }
    }
}
