import Foundation
import PostgresTestSupport
import StackTestSupport
import Testing

/// A small run of `make chaos`: tenants live from the first mail to the end while processes are killed.
@Suite(.serialized) struct ChaosTests {
    private static let script = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("scripts/chaos/chaos.py")

    /// Bounds of time only end a run that hangs: they are far beyond what a loaded machine needs.
    @Test(arguments: ["postgres", "bullmq"])
    func `every tenant ends where it should, whatever is killed`(connector: String) async throws {
        let outcome = try await TestCommand.outcome(of: [
            "python3", Self.script.path, "--binary", try ArcCommand.executable(), "--connector", connector,
            "--tenants", "100", "--kills", "10", "--seed", "1", "--seconds", "1200", "--settle", "300",
        ])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
}
