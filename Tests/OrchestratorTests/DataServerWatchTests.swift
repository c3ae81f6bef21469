import Configuration
import ConfigurationChecks
import Foundation
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

@Suite struct DataServerWatchTests {
    /// A file of servers, and what watches it.
    private struct Watched {
        let file: URL
        let placement: PlacementService
        let watch: DataServerWatch

        /// Replaces the file and looks at it once.
        func change(_ text: String) async throws {
            try Data(text.utf8).write(to: file, options: .atomic)
            await watch.round()
        }

        var names: [String] { placement.servers.list.map(\.name) }
    }

    private static func servers(_ names: String..., capacity: Int = 10) -> String {
        let entries = names.map {
            #"{"name": "\#($0)", "host": "\#($0).invalid", "user": "u", "database": "d", "capacity": {"tenants": \#(capacity)}}"#
        }
        return #"{"servers": [\#(entries.joined(separator: ", "))]}"#
    }

    private func withFile(
        _ text: String, _ world: TestWorld, _ body: (Watched) async throws -> Void
    ) async throws {
        let path = TestCommand.temporaryFile("servers.json")
        try Data(text.utf8).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let reader = try EnvironmentReader.make(folder: "/nowhere", environment: [:])
        let file = DataServersFile(path: path.path, reader: reader)
        let placement = PlacementService(
            servers: DataServers(try file.load(), file: file, logger: testLogger),
            repository: PlacementRepository(pool: world.pool))
        let watch = DataServerWatch(placement: placement, interval: .seconds(3600), logger: testLogger)
        try await withCleanup {
            try await body(Watched(file: path, placement: placement, watch: watch))
        } cleanup: {
            await placement.servers.shutdown()
        }
    }

    private func request() -> PlacementRequest {
        PlacementRequest(
            tenant: .v4(), tenantKey: "k\(SecureRandom.hex(bytes: 6))", tier: "BASIC", labels: [:], kind: .pooled)
    }

    @Test func `a changed file is used without a restart`() async throws {
        try await TestWorld.with(application: false) { world in
            try await withFile(Self.servers("a", capacity: 1), world) { watched in
                #expect(try await watched.placement.place(request()).server == "a")
                await #expect(throws: PlacementFailure.self) { _ = try await watched.placement.place(self.request()) }
                try await watched.change(Self.servers("a", "b", capacity: 1))
                #expect(watched.names == ["a", "b"] && watched.watch.problem == nil)
                #expect(try await watched.placement.place(request()).server == "b")
            }
        }
    }

    @Test func `a wrong file is not used, and the readiness report says why`() async throws {
        try await TestWorld.with(application: false) { world in
            try await withFile(Self.servers("a"), world) { watched in
                try await watched.change(#"{"servers": [{"name": "b"}]}"#)
                #expect(watched.names == ["a"])
                #expect(watched.watch.problem?.contains("field host: is missing") == true)
                try await watched.change(Self.servers("a", "b"))
                #expect(watched.names == ["a", "b"] && watched.watch.problem == nil)
            }
        }
    }

    @Test func `a server with tenants cannot be removed, and one without can`() async throws {
        try await TestWorld.with(application: false) { world in
            try await withFile(Self.servers("a", "b"), world) { watched in
                #expect(try await watched.placement.place(request()).server == "a")
                try await watched.change(Self.servers("b"))
                #expect(watched.names == ["a", "b"])
                #expect(watched.watch.problem?.contains("data server a has 1 tenants") == true)
                try await watched.change(Self.servers("a"))
                #expect(watched.names == ["a"] && watched.watch.problem == nil)
                #expect(try await world.admin.count("SELECT count(*) FROM main.data_servers") == 1)
            }
        }
    }
}
