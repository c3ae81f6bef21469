import Primitives

/// Makes keys for tenants that come without one.
enum TenantKey {
    /// Attempts at finding a free key before giving up.
    static let maximumAttempts = 8

    /// A key made from a name: its first letters and digits; from the second attempt on with random characters at the
    /// end, more of them each time, so that many tenants of one name find room.
    static func candidate(for name: String, attempt: Int) -> String {
        var base = String(
            name.lowercased().unicodeScalars.filter { ("a"..."z").contains($0) || ("0"..."9").contains($0) }
                .map(Character.init))
        if base.isEmpty { base = "tenant" }
        guard attempt > 0 else { return String(base.prefix(Tenant.maximumKeyLength)) }
        let suffix = SecureRandom.hex(bytes: 4).prefix(min(2 + attempt, 8))
        return String(base.prefix(Tenant.maximumKeyLength - suffix.count)) + suffix
    }
}
