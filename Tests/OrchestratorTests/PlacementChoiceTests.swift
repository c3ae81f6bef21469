import PostgresClient
import Primitives
import Testing

@testable import Orchestrator

@Suite struct PlacementChoiceTests {
    private func server(
        _ name: String, tenants: Int? = 10, bytes: Int64? = nil, labels: [String: Set<String>] = [:],
        isDrained: Bool = false
    ) -> DataServer {
        DataServer(
            name: name, configuration: PostgresConfiguration(host: name, user: "u", database: "d"),
            capacity: .init(tenants: tenants, bytes: bytes), labels: labels, isDrained: isDrained)
    }

    private func choose(
        _ servers: [DataServer], _ tenants: [String: Int] = [:], bytes: [String: Int64] = [:], tier: String = "BASIC",
        labels: [String: String] = [:]
    ) -> PlacementChoice {
        var loads = tenants.mapValues { PlacementChoice.Load(tenants: $0, bytes: nil) }
        for (name, used) in bytes { loads[name, default: .init(tenants: 0, bytes: nil)].bytes = used }
        let request = PlacementRequest(
            tenant: .v4(), tenantKey: "acme", tier: tier, labels: labels, kind: .pooled)
        return PlacementChoice.choose(for: request, among: servers, loads: loads)
    }

    @Test func `the least loaded server takes the tenant`() {
        #expect(choose([server("a"), server("b")], ["a": 3, "b": 2]) == .server("b"))
        // By share of the capacity, not by number.
        #expect(choose([server("a", tenants: 100), server("b", tenants: 10)], ["a": 20, "b": 3]) == .server("a"))
    }

    @Test func `the fuller capacity of a server counts`() {
        let servers = [server("a", tenants: 100, bytes: 1000), server("b", tenants: 100, bytes: 1000)]
        #expect(choose(servers, ["a": 10, "b": 50], bytes: ["a": 800, "b": 100]) == .server("b"))
    }

    @Test func `ties are decided by the number of tenants, then by the name`() {
        #expect(choose([server("b"), server("a")]) == .server("a"))
        #expect(choose([server("b", tenants: nil), server("a", tenants: nil)], ["a": 2, "b": 1]) == .server("b"))
    }

    @Test func `full and drained servers take none`() {
        #expect(choose([server("a"), server("b", tenants: 1000)], ["a": 10, "b": 999]) == .server("b"))
        #expect(choose([server("a", isDrained: true), server("b")], ["b": 9]) == .server("b"))
        #expect(choose([server("a", isDrained: true), server("b")], ["b": 10]) == .full)
        #expect(choose([server("a", tenants: nil, bytes: 10)], bytes: ["a": 10]) == .full)
        #expect(choose([server("a", tenants: 0)]) == .full)
    }

    @Test func `labels decide which servers fit`() {
        let europe = server("eu", labels: ["region": ["eu"]])
        let premium = server("p", labels: ["tier": ["PREMIUM"], "region": ["eu", "us"]])
        #expect(choose([europe, premium], ["eu": 9], labels: ["region": "eu"]) == .server("eu"))
        #expect(choose([europe, premium], ["eu": 9], tier: "PREMIUM", labels: ["region": "us"]) == .server("p"))
        #expect(choose([europe, premium], labels: ["region": "us"]) == .unfit)
        #expect(choose([europe, premium], labels: ["disk": "fast"]) == .unfit)
    }

    @Test func `a server with tenants neither disappears nor changes its address`() {
        let stored = [
            DataServerRegistration.Stored(id: 1, name: "default", address: "a:1", tenants: 5),
            .init(id: 2, name: "b", address: "b:1", tenants: 0), .init(id: 3, name: "c", address: "c:1", tenants: 1),
            .init(id: 4, name: "d", address: "d:1", tenants: 2),
        ]
        let registration = DataServerRegistration(
            listed: [
                .init(name: "a", address: "a:1"), .init(name: "c", address: "c:2"), .init(name: "e", address: "e:1"),
            ], stored: stored)
        #expect(registration.changes == [1: .init(name: "a", address: "a:1")])
        #expect(registration.additions == [.init(name: "e", address: "e:1")])
        #expect(registration.removals == [2])
        #expect(Set(registration.problems.keys) == ["c", "d"])
        #expect(registration.problems["d"]?.contains("has 2 tenants and is not listed") == true)
    }
}
