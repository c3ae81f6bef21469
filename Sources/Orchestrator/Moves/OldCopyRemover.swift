import Primitives
import WorkQueue

/// Removes old copies, and says what a failure means for the next attempt.
struct OldCopyRemover: Sendable {
    let tenancy: PlacedTenancy

    /// The server of the copy is away, which is no attempt.
    struct Away: DependencyError, CustomStringConvertible {
        let description: String
        var isDependencyUnavailable: Bool { true }
    }

    /// Trying again cannot help; the copy stays until somebody has looked.
    struct Refusal: PermanentFailure {
        let reason: String
    }

    func remove(_ copy: OldCopy) async throws {
        do throws(ProvisioningFailure) {
            try await tenancy.removeData(of: copy.placement)
        } catch {
            switch error.kind {
            case .unavailable: throw Away(description: error.reason)
            case .permanent: throw Refusal(reason: error.reason)
            case .transient: throw error
            }
        }
    }
}
