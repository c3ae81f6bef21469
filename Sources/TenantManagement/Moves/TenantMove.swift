import JSONCoding

/// What an operator asks for who moves a tenant's data.
struct TenantMove: Sendable, Hashable {
    enum Target: String, Sendable, CaseIterable {
        /// A schema in the shared database of a data server.
        case pooled
        /// Its own database.
        case silo
    }

    static let maximumReasonLength = 500
    static let maximumServerLength = 63

    /// Nil to keep the kind of the place.
    let target: Target?
    /// The name of a data server; nil to let the orchestrator choose.
    let server: String?
    let reason: String

    /// As the event has it.
    var json: JSONValue {
        var members: JSONObject = ["reason": .string(reason)]
        if let target { members["target"] = .string(target.rawValue) }
        if let server { members["server"] = .string(server) }
        return .object(members)
    }
}
