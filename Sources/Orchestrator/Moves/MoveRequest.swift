import JSONCoding

/// Where to a tenant shall be moved: the member `move` of the event, `{"target": "silo", "server": "eu-2", "reason": "…"}`.
struct MoveRequest: Sendable, Hashable {
    /// Nil to keep the kind of the place.
    var kind: TenantPlacement.Kind?
    /// Nil to choose a server.
    var server: String?

    /// - Throws: a permanent failure when the event names no target.
    init(_ event: ProvisioningEvent) throws(ProvisioningFailure) {
        let move = (try? JSONValue.parse(stored: event.json))?["move"]
        if let target = move?["target"]?.stringValue {
            guard let kind = TenantPlacement.Kind(rawValue: target) else {
                throw .permanent("the target of the move is neither pooled nor silo")
            }
            self.kind = kind
        }
        server = move?["server"]?.stringValue
        guard kind != nil || server != nil else { throw .permanent("the event does not say where to move the tenant") }
    }
}
