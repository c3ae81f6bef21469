import Primitives
import WorkQueue

/// Why provisioning failed. The reason goes into logs and `orchestrator_db`: no data, no secrets.
package struct ProvisioningFailure: LoggableError, Sendable, Hashable {
    /// What follows from a failure.
    package enum Kind: Sendable, Hashable {
        /// Trying again may help; the attempt counts.
        case transient
        /// Trying again cannot help.
        case permanent
        /// Something that the provisioner depends on is away: time counts, not attempts.
        case unavailable
    }

    /// What follows from it.
    package let kind: Kind
    /// Why.
    package let reason: String

    /// Trying again may help.
    package static func transient(_ reason: String) -> ProvisioningFailure {
        ProvisioningFailure(kind: .transient, reason: reason)
    }

    /// Trying again cannot help.
    package static func permanent(_ reason: String) -> ProvisioningFailure {
        ProvisioningFailure(kind: .permanent, reason: reason)
    }

    /// Something that the provisioner depends on is away.
    package static func unavailable(_ reason: String) -> ProvisioningFailure {
        ProvisioningFailure(kind: .unavailable, reason: reason)
    }

    package var description: String { reason }
}

/// A ``ProvisioningFailure`` of kind `unavailable` as a worker understands it: the work is released without counting an attempt.
struct ProvisioningOutage: DependencyError, LoggableError {
    let description: String
    var isDependencyUnavailable: Bool { true }
}
