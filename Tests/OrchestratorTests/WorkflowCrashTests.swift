import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

/// Each step of each workflow loses its process before, during and after its work: the end is the same as without.
@Suite(.serialized) struct WorkflowCrashTests {
    enum Tier: String, CaseIterable, Sendable {
        case schema
        case database

        func provisioner(_ world: TestWorld) throws -> any Provisioner {
            switch self {
            case .schema: PostgresSchemaProvisioner(tenancy: try world.tenancy())
            case .database: PostgresDatabaseProvisioner(tenancy: try world.tenancy())
            }
        }
    }

    @Test(arguments: Tier.allCases)
    func `every step of a provisioning survives the death of its process`(_ tier: Tier) async throws {
        try await RunStory.with(application: true) { story in
            let provisioner = try tier.provisioner(story.world)
            // What an undisturbed run leaves.
            try await finish(story, story.test, provisioner)
            let expected = try await objects(story, story.test.key)
            #expect(!expected.isEmpty)
            let names = try provisioner.plan(.provision).steps.map(\.name)
            let test = TestEvent(key: story.world.newKey())
            #expect(try await story.world.repository().enqueue(try test.event()))
            try await finish(story, test, provisioner, dyingAt: names)
            #expect(try await objects(story, test.key) == expected)
            try await check(story, test, type: 0)
            #expect(try await leftovers(story) == 2, "no resource is doubled or orphaned")
        }
    }

    @Test(arguments: Tier.allCases)
    func `every step of a removal survives the death of its process`(_ tier: Tier) async throws {
        try await RunStory.with(application: true) { story in
            let provisioner = try tier.provisioner(story.world)
            try await finish(story, story.test, provisioner)
            let test = TestEvent(key: story.world.newKey())
            #expect(try await story.world.repository().enqueue(try test.event()))
            try await finish(story, test, provisioner)
            try await story.world.asTenant(test.key, database: database(tier, story, test)) { pool in
                try await pool.execute("CREATE TABLE tenant_\(test.key).orders (note text)")
            }
            let removal = test.next(.deprovision)
            #expect(try await story.world.repository().enqueue(try removal.event()))
            let names = try provisioner.plan(.deprovision).steps.map(\.name)
            try await finish(story, removal, provisioner, dyingAt: names)
            #expect(try await objects(story, test.key) == [])
            try await check(story, removal, type: 1)
            #expect(try await leftovers(story) == 1, "the other tenant has what it had")
        }
    }

    @Test func `a provisioning that is given up removes what it has made, and no more`() async throws {
        try await RunStory.with(application: true) { story in
            let inner = PostgresSchemaProvisioner(tenancy: try story.world.tenancy())
            let failing = FailingAtTheEnd(inner)
            try await finish(story, story.test, failing)
            #expect(try story.reportedStatuses() == [0])
            #expect(try await objects(story, story.test.key) == [])
            #expect(try await leftovers(story) == 0)

            // A tenant that has its schema, with data, keeps it when a further provisioning is given up.
            let again = story.test.next(.provision)
            #expect(try await story.world.repository().enqueue(try again.event()))
            try await finish(story, again, inner)
            try await story.world.asTenant(again.key, database: story.world.applicationDatabase) { pool in
                try await pool.execute("CREATE TABLE tenant_\(again.key).orders (note text)")
            }
            let before = try await objects(story, again.key)
            let third = story.test.next(.provision)
            #expect(try await story.world.repository().enqueue(try third.event()))
            try await finish(story, third, failing)
            #expect(try story.reportedStatuses() == [0, 1, 0])
            #expect(try await objects(story, again.key) == before)
            let count = try await story.world.asTenant(again.key, database: story.world.applicationDatabase) { pool in
                try await pool.count("SELECT count(*) FROM tenant_\(again.key).orders")
            }
            #expect(count == 0)
        }
    }

    /// All steps of a provisioner, and one more that fails.
    private struct FailingAtTheEnd: Provisioner {
        private struct Failing: ProvisioningStep {
            let name = "fail"

            func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
                throw .permanent("no")
            }
        }

        let inner: any Provisioner

        init(_ inner: any Provisioner) { self.inner = inner }

        func plan(_ kind: WorkflowKind) throws(ProvisioningFailure) -> WorkflowPlan {
            try WorkflowPlan(kind, try inner.plan(kind).steps + [Failing()])
        }
    }

    // MARK: Helpers

    /// Works on what is due with one process after the other until nothing is left.
    private func finish(
        _ story: RunStory, _ test: TestEvent, _ provisioner: any Provisioner, dyingAt steps: [String] = []
    ) async throws {
        let dying = DyingProvisioner(provisioner, at: steps)
        let processor = try story.processor(dying)
        // A process for each death, and some more.
        for _ in 0..<20 + dying.remaining {
            for run in try await processor.repository.claim(limit: 10, lease: RunStory.lease) {
                guard let transition = await dying.advance(run, processor) else { continue }
                _ = try await processor.repository.record(run, transition)
            }
            if try await story.run(of: test).isUnfinished == false { break }
            try await story.letTimePass(RunStory.lease)
        }
        #expect(try await story.run(of: test).isUnfinished == false)
        #expect(dying.remaining == 0, "all deaths happened")
    }

    private func database(_ tier: Tier, _ story: RunStory, _ test: TestEvent) -> String {
        tier == .schema ? story.world.applicationDatabase : "tenant_\(test.key)"
    }

    /// Everything that exists for a tenant, with the key left out.
    private func objects(_ story: RunStory, _ key: String) async throws -> [String] {
        let name = "tenant_\(key)"
        let shared = try await story.world.provisionerPool.texts(
            """
            SELECT 'role ' || rolcanlogin || rolsuper FROM pg_roles WHERE rolname = '\(name)'
            UNION ALL SELECT 'schema ' || nspacl::text FROM pg_namespace WHERE nspname = '\(name)'
            UNION ALL SELECT 'database ' || coalesce(shobj_description(oid, 'pg_database') IS NOT NULL, false)
                || datacl::text FROM pg_database WHERE datname = '\(name)'
            ORDER BY 1
            """)
        let stored = try await story.world.admin.texts(
            """
            SELECT 'credential' FROM main.tenant_credentials WHERE role = '\(name)'
            UNION ALL SELECT concat_ws(' ', 'placement', role, kind, database, state) FROM main.tenant_placements
            WHERE tenant_key = '\(key)'
            """)
        return (shared + stored).map { $0.replacing(key, with: "key") }
    }

    /// The number of tenants that have anything.
    private func leftovers(_ story: RunStory) async throws -> Int {
        let roles = try await story.world.admin.count(
            """
            SELECT count(*) FROM pg_roles WHERE rolname LIKE 'tenant\\_%' AND shobj_description(oid, 'pg_authid') IN (
                SELECT 'arc tenant ' || tenant_id FROM main.provisioning_runs)
            """)
        let credentials = try await story.world.admin.count("SELECT count(*) FROM main.tenant_credentials")
        #expect(roles == credentials)
        return roles
    }

    /// One report of the outcome, whatever happened.
    private func check(_ story: RunStory, _ test: TestEvent, type: Int) async throws {
        let run = try await story.run(of: test)
        #expect(run.state == "provisioned" && run.callbackState == "delivered" && !run.holdsEvent)
        let reports = try story.receiver.requests.filter { try $0.isSigned(for: test) }
        #expect(reports.count == 1)
        #expect(try reports.first?.json["type"]?.intValue == type)
        #expect(try reports.first?.json["data"]?["resources"]?.arrayValue?.count == 1)
    }
}
