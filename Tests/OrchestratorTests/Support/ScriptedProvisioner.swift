import JSONCoding
import Synchronization

@testable import Orchestrator

/// A provisioner that follows a script and counts its calls.
final class ScriptedProvisioner: Provisioner {
    private let calls = Mutex(0)
    private let script: @Sendable (Int) async throws(ProvisioningFailure) -> ProvisioningOutcome

    static let resource = TenantResource(type: "bucket", metadata: ["bucket": "b"], externalIdentifier: "b")

    /// - Parameter script: What happens at each call, by its number from 1.
    init(
        _ script: @escaping @Sendable (Int) async throws(ProvisioningFailure) -> ProvisioningOutcome = { _ in
            .provisioned([ScriptedProvisioner.resource], appPlaneURL: nil)
        }
    ) {
        self.script = script
    }

    var count: Int { calls.withLock { $0 } }

    func provision(_ event: ProvisioningEvent) async throws(ProvisioningFailure) -> ProvisioningOutcome {
        let number = calls.withLock { calls in
            calls += 1
            return calls
        }
        return try await script(number)
    }
}
