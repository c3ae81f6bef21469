package import Primitives

/// Says that an event was published before and is published again because an operator has decided so: its effect shall happen although
/// its handlers have marked the original as handled.
package struct EventReplay: Sendable, Hashable {
    /// The event that was published first. The replay has its own identity, by which repeated deliveries of the replay
    /// itself are recognized.
    package let original: Identifier
    /// The only groups that get it, sorted; empty: all.
    package let groups: [String]

    package init(of original: Identifier, groups: some Sequence<String> = []) {
        self.original = original
        self.groups = Set(groups).sorted()
    }

    /// Most groups that a replay names.
    package static let maximumGroups = 20
}

extension EventEnvelope {
    /// What takes the place of a group in identifiers of dead letters of an outbox; no group can have the name.
    package static let reservedGroup = "outbox"

    /// Whether a text can be the name of a consumer group: 1 to 100 characters `a-z 0-9 - _ .`
    package static func isValid(group: String) -> Bool {
        (1...100).contains(group.utf8.count) && group.utf8.allSatisfy(isGroupCharacter) && group != reservedGroup
    }

    private static func isGroupCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// Whether a consumer group gets the event, if it has asked for its type.
    package func concerns(group: String) -> Bool {
        guard let groups = replay?.groups, !groups.isEmpty else { return true }
        return groups.contains(group)
    }
}
