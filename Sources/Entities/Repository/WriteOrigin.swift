import PostgresClient
import Primitives

/// Who causes a write, and by what, for the audit log. The triggers of the audited tables read it from the transaction
/// (``WriteContext/settings``); a write without one is the system's.
package struct WriteOrigin: Sendable, Hashable {
    /// The kind of actor.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A user who administers every tenant.
        case `operator`
        /// A user of one tenant.
        case tenantUser
        /// A prospect with a token of an own lead.
        case lead
        /// A program that acts for all tenants.
        case service
        /// A request that no token came with: a registration, a signed callback, a payment provider's notification.
        case external
        /// An event from the bus.
        case event
        /// A command on the command line.
        case command
        /// Work that the service does by itself.
        case system
    }

    package let kind: Kind
    /// The user's id.
    package let actor: String?
    /// What the actor has shown: the kind of credential and its identity, such as `api-key:<id>`; of an event its id.
    package let credential: String?
    /// The identifier of the request.
    package let requestID: String?

    /// Makes an origin.
    package init(_ kind: Kind, actor: Actor? = nil, credential: String? = nil, requestID: String? = nil) {
        self.kind = kind
        self.actor = actor?.text
        self.credential = credential
        self.requestID = requestID
    }

    /// Work that the service does by itself.
    package static let system = WriteOrigin(.system)

    /// The setting that the triggers of audited tables read.
    func setting(_ trace: TraceContext?) -> PostgresSetting {
        let parts = [kind.rawValue, credential ?? "", requestID ?? "", trace?.traceID.description ?? "", actor ?? ""]
        return PostgresSetting("app.audit", parts.map(Self.part).joined(separator: "\u{1F}"))
    }

    /// Characters of a part of the setting.
    private static let maximumLength = 200

    /// Without control characters, so that a part cannot reach into the next one.
    private static func part(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 } && text.utf8.count <= maximumLength
        if isPlain { return text }
        var part = String.UnicodeScalarView()
        part.append(contentsOf: text.unicodeScalars.lazy.filter { $0.value >= 0x20 }.prefix(maximumLength))
        return String(part)
    }
}
