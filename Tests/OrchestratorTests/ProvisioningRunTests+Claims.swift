import Primitives
import Testing
import WorkQueue

@testable import Orchestrator

/// Which runs a claim takes.
extension ProvisioningRunTests {
    @Test func `runs of a tenant follow one another`() async throws {
        try await TestWorld.with(application: false) { world in
            var test = TestEvent(key: "acme")
            _ = try await world.repository().enqueue(try test.event())
            world.clock.advance(by: .milliseconds(2))
            test.id = .v4()
            test.context = Identifier.v4().description
            _ = try await world.repository().enqueue(try test.event())
            _ = try await world.repository().enqueue(try TestEvent(key: "other").event())
            let first = try await world.repository().claim(limit: 10, lease: RunStory.lease)
            #expect(first.count == 2)
            let run = try #require(first.first { $0.tenantID == test.tenant })
            #expect(run.context != test.context)
            #expect(try await world.repository().record(run, .callbackDelivered(status: 204, version: 0)))
            #expect(
                try await world.repository().claim(limit: 10, lease: RunStory.lease).map(\.context) == [test.context])
        }
    }

    @Test func `two workers never have the same run`() async throws {
        try await TestWorld.with(application: false) { world in
            for _ in 0..<40 { _ = try await world.repository().enqueue(try TestEvent(key: "acme").event()) }
            let claimed = try await withThrowingTaskGroup(of: [Identifier].self) { group in
                for _ in 0..<20 {
                    group.addTask { try await world.repository().claim(limit: 3, lease: RunStory.lease).map(\.id) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(claimed).count == claimed.count)
            #expect(!claimed.isEmpty)
        }
    }

    @Test func `claims skip tiers that have no free place`() async throws {
        try await TestWorld.with(application: false) { world in
            for tier in ["SLOW", "slow", "BASIC"] {
                var test = TestEvent(key: "acme")
                test.tier = tier
                _ = try await world.repository().enqueue(try test.event())
            }
            let claimed = try await world.repository().claim(limit: 10, lease: RunStory.lease, excludedTiers: ["SLOW"])
            #expect(claimed.map(\.tier) == ["BASIC"])
            let tiers = TierTable([
                "A": .init(name: "http", provisioner: ScriptedProvisioner(), host: "ci.example.com"),
                "B": .init(name: "http", provisioner: ScriptedProvisioner(), host: "ci.example.com"),
            ])
            #expect(tiers.bulkheads(of: "a") == ["tier:A", "host:ci.example.com"])
            #expect(tiers.bulkheads(of: "unknown") == ["tier:UNKNOWN"])
        }
    }

    @Test func `a claim whose response was lost is returned with the next one`() async throws {
        try await TestWorld.with(application: false) { world in
            for _ in 0..<3 { _ = try await world.repository().enqueue(try TestEvent(key: "acme").event()) }
            let store = ProvisioningRunStore(repository: world.repository(), tiers: TierTable([:]))
            let request = ClaimRequest(limit: 2, lease: .seconds(3600))
            // The server's side of a lost answer: a claim that the store only remembers.
            let lost = try await store.claim(request)
            #expect(lost.count == 2)
            store.claims.add(try #require(lost.first?.handle.claim))
            #expect(try await store.claim(ClaimRequest(limit: 10, lease: .seconds(3600))).count == 3)
            #expect(try await store.claim(request).isEmpty)
        }
    }
}
