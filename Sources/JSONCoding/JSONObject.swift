import Primitives

/// The members of a JSON object in the order in which they were written; a key occurs once.
///
/// Keys are compared byte for byte, as JavaScript does: Swift's own comparison takes `é` and `e` + accent as equal.
/// Two objects are equal when they have equal members, in any order.
package struct JSONObject: Sendable, Sequence {
    /// A key with its value.
    package typealias Element = (key: String, value: JSONValue)

    fileprivate struct Member: Sendable {
        var key: String
        var value: JSONValue
    }

    private var members: [Member] = []

    /// Where each key is, once there are more members than are quickly searched one by one.
    private var positions: [ExactText: Int]?

    private static let searchedMembers = 12

    /// An object without members.
    package init() {}

    /// An object of these members; of members with the same key the last value stays, at the first place.
    package init(_ elements: some Sequence<(String, JSONValue)>) {
        for (key, value) in elements { self[key] = value }
    }

    /// The number of members.
    package var count: Int { members.count }

    /// Whether there are no members.
    package var isEmpty: Bool { members.isEmpty }

    /// The keys in order.
    package var keys: [String] { members.map(\.key) }

    /// The value of a key. Setting replaces the value in place or adds a member at the end; setting nil removes it.
    package subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            let position = position(of: key)
            switch (newValue, position) {
            case (let value?, let position?): members[position].value = value
            case (let value?, nil): add(key, value)
            case (nil, let position?): remove(at: position)
            case (nil, nil): break
            }
        }
    }

    /// The members in order.
    package struct Iterator: IteratorProtocol {
        fileprivate var members: IndexingIterator<[Member]>

        /// The next member; nil after the last one.
        package mutating func next() -> Element? {
            guard let member = members.next() else { return nil }
            return (member.key, member.value)
        }
    }

    package func makeIterator() -> Iterator { Iterator(members: members.makeIterator()) }

    private func position(of key: String) -> Int? {
        if let positions { return positions[ExactText(key)] }
        return members.firstIndex { $0.key.hasSameBytes(as: key) }
    }

    private mutating func add(_ key: String, _ value: JSONValue) {
        members.append(Member(key: key, value: value))
        if positions != nil {
            positions?[ExactText(key)] = members.count - 1
        } else if members.count > JSONObject.searchedMembers {
            indexPositions()
        }
    }

    private mutating func remove(at position: Int) {
        members.remove(at: position)
        if positions != nil { indexPositions() }
    }

    private mutating func indexPositions() {
        var positions: [ExactText: Int] = [:]
        for (position, member) in members.enumerated() { positions[ExactText(member.key)] = position }
        self.positions = positions
    }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        // The sum does not depend on the order.
        var sum = 0
        for member in members {
            var memberHasher = Hasher()
            memberHasher.combine(ExactText(member.key))
            memberHasher.combine(member.value)
            sum &+= memberHasher.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }
}
