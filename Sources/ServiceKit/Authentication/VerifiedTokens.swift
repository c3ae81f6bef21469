import Primitives

/// Tokens that were verified not long ago, by their whole text. A pure value; ``TokenVerifier`` guards it.
///
/// It is bounded by the bytes that it holds, since tokens differ in length by a factor of a hundred. When it is full it is
/// emptied, which costs each client one verification.
struct VerifiedTokens: Sendable {
    private struct Entry: Sendable {
        let identity: Identity
        let validUntil: Timestamp
    }

    /// Bytes of tokens and identities held at most.
    static let capacity = 8 << 20
    /// What an entry takes beside the texts of the token and its claims, about.
    private static let overhead = 256

    private var entries: [String: Entry] = [:]
    private(set) var size = 0

    var count: Int { entries.count }

    func identity(of token: String, now: Timestamp) -> Identity? {
        guard let entry = entries[token], entry.validUntil > now else { return nil }
        return entry.identity
    }

    mutating func insert(_ token: String, _ identity: Identity, validUntil: Timestamp) {
        let cost = Self.cost(token)
        if size + cost > Self.capacity { removeAll() }
        if entries.updateValue(Entry(identity: identity, validUntil: validUntil), forKey: token) == nil { size += cost }
    }

    mutating func removeAll() {
        entries = [:]
        size = 0
    }

    /// A token holds its claims in Base64, four bytes for three, and the identity holds them once more.
    private static func cost(_ token: String) -> Int { 2 * token.utf8.count + overhead }
}
