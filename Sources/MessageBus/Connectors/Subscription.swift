/// Which events a consumer group wants.
package struct Subscription: Sendable, Hashable {
    package let group: String
    package let types: Set<String>

    /// Checks the names.
    package init(group: String, types: Set<String>) throws(MessageBusError) {
        let isName = (1...100).contains(group.utf8.count) && group.utf8.allSatisfy(Self.isGroupCharacter)
        guard isName else { throw .invalidSubscription(reason: "group name") }
        guard !types.isEmpty, types.allSatisfy(EventEnvelope.isValid(type:)) else {
            throw .invalidSubscription(reason: "event types")
        }
        self.group = group
        self.types = types
    }

    private static func isGroupCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
