import WorkQueue

/// Removes old copies, and says what a failure means for the next attempt.
struct OldCopyRemover: Sendable {
    let tenancy: PlacedTenancy

    /// Trying again cannot help; the copy stays until somebody has looked.
    struct Refusal: PermanentFailure {
        let reason: String
    }

    func remove(_ copy: OldCopy) async throws {
        do throws(ProvisioningFailure) {
            try await tenancy.removeData(of: copy.placement)
        } catch {
            switch error.kind {
            case .unavailable: throw ProvisioningOutage(description: error.reason)
            case .permanent: throw Refusal(reason: error.reason)
            case .transient: throw error
            }
        }
    }
}
