package import JSONCoding
import Primitives

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
