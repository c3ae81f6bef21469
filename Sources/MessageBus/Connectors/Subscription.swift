/// Which events a consumer group wants.
package struct Subscription: Sendable, Hashable {
    package let group: String
    package let types: Set<String>

    /// Checks the names.
    package init(group: String, types: Set<String>) throws(MessageBusError) {
        guard EventEnvelope.isValid(group: group) else { throw .invalidSubscription(reason: "group name") }
        guard !types.isEmpty, types.allSatisfy(EventEnvelope.isValid(type:)) else {
            throw .invalidSubscription(reason: "event types")
        }
        self.group = group
        self.types = types
    }
}
