package import JSONCoding
import Primitives

/// Makes what a tenant needs.
///
/// A provisioner may be called again for the same event at any time, also after it has succeeded, and by several
/// processes at once (a process can be killed before it notes the outcome): what is there already stays, and the same
/// resources are reported.
package protocol Provisioner: Sendable {
    /// Makes or finds the tenant's resources. When the task is canceled it stops as soon as it can.
    /// - Throws: ``ProvisioningFailure``.
    func provision(_ event: ProvisioningEvent) async throws(ProvisioningFailure) -> ProvisioningOutcome
}

/// How provisioning succeeded.
package enum ProvisioningOutcome: Sendable, Hashable {
    /// The resources are there; tenant management is to be notified.
    /// - Parameter appPlaneURL: Where the tenant's application is; nil for the configured form.
    case provisioned([TenantResource], appPlaneURL: String?)
    /// Somebody else has taken over and will call tenant management back.
    case delegated
}

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

/// Something made for a tenant, as tenant management stores it (docs/contract/arc-api.md 9.5).
package struct TenantResource: Sendable, Hashable, JSONWritable {
    /// Its kind, 1 to 100 characters.
    package let type: String
    /// What is to be known to use it; references to secrets, never secrets.
    package let metadata: JSONObject
    /// Its name where it lives, at most 200 characters, one of its kind for the tenant.
    package let externalIdentifier: String?

    /// Makes one from its parts.
    package init(type: String, metadata: JSONObject, externalIdentifier: String?) {
        self.type = type
        self.metadata = metadata
        self.externalIdentifier = externalIdentifier
    }

    /// Reads a resource that ``json`` has made; nil for anything else.
    init?(stored json: JSONValue) {
        guard let type = json["type"]?.stringValue, let metadata = json["metadata"]?.objectValue else { return nil }
        self.init(type: type, metadata: metadata, externalIdentifier: json["externalIdentifier"]?.stringValue)
    }

    /// As callbacks and `orchestrator_db` have it.
    var json: JSONValue {
        var members: JSONObject = ["type": .string(type), "metadata": .object(metadata)]
        if let externalIdentifier { members["externalIdentifier"] = .string(externalIdentifier) }
        return .object(members)
    }

    package func write(to writer: inout JSONWriter) { writer.value(json) }
}
