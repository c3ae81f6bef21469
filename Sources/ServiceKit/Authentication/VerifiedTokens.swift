import Primitives

/// Recently verified tokens, by their whole text. A pure value; ``TokenVerifier`` guards it.
///
/// Its limit is in bytes, because one token can be a hundred times as long as another. When it is full, it is emptied, which
/// costs each client one verification.
struct VerifiedTokens: Sendable {
    private struct Entry: Sendable {
        let identity: Identity
        let validUntil: Timestamp
    }

    /// Maximum number of bytes of tokens and identities.
    static let capacity = 8 << 20
    /// Approximate size of an entry without the texts of the token and its claims.
    private static let overhead = 256
    /// Approximate size of a code in a set.
    private static let permissionSize = 32

    private var entries: [String: Entry] = [:]
    private(set) var size = 0

    var count: Int { entries.count }

    func identity(of token: String, now: Timestamp) -> Identity? {
        guard let entry = entries[token], entry.validUntil > now else { return nil }
        return entry.identity
    }

    mutating func insert(_ token: String, _ identity: Identity, validUntil: Timestamp) {
        let cost = Self.cost(token, identity)
        if size + cost > Self.capacity { removeAll() }
        if entries.updateValue(Entry(identity: identity, validUntil: validUntil), forKey: token) == nil { size += cost }
    }

    mutating func removeAll() {
        entries = [:]
        size = 0
    }

    /// A token contains its claims in Base64, four bytes for three, and the identity contains them again. The permissions of
    /// roles are not in the token.
    private static func cost(_ token: String, _ identity: Identity) -> Int {
        let contained = token.utf8.count / 8
        return 2 * token.utf8.count + overhead + max(0, identity.permissions.count - contained) * permissionSize
    }
}
