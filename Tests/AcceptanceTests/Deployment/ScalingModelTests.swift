import Foundation
import TestSupport
import Testing

/// The model behind docs/scaling.md.
@Suite struct ScalingModelTests {
    @Test func `the model computes what its own tests say, and the document shows its table`() async throws {
        let script = ComposeFile.deploy.deletingLastPathComponent().appendingPathComponent(
            "scripts/scale/model_test.py")
        let outcome = try await TestCommand.outcome(
            of: ["python3", script.path],
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "PYTHONDONTWRITEBYTECODE": "1"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("Ran 9 tests"))
    }
}
