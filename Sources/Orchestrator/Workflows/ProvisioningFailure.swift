/// Why provisioning failed. The reason goes into logs and `orchestrator_db`: no data, no secrets.
package struct ProvisioningFailure: Error, Sendable, Hashable, CustomStringConvertible {
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
