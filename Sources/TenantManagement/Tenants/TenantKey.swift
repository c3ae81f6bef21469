import Entities
import Primitives

/// Generates keys for tenants that have none, and lists the keys that no tenant may have.
enum TenantKey {
    /// Names of hosts, databases, roles and realms that the operator has in most installations, as far as keys can be that
    /// long.
    static let reservedByDefault: Set<String> = [
        "admin", "api", "app", "arc", "assets", "auth", "billing", "blog", "cdn", "console", "dashboard", "default",
        "docs", "ftp", "graphql", "health", "help", "imap", "internal", "localhost", "login", "mail", "main", "master",
        "metrics", "mx", "ns", "ns1", "ns2", "null", "oauth", "operator", "pop", "pop3", "postgres", "postmaster",
        "proxy", "public", "redis", "root", "smtp", "sso", "static", "status", "superuser", "support", "system",
        "template0", "template1", "undefined", "webhook", "webmail", "www",
    ]

    /// The failure for a reserved key.
    static let reservedFailure = ValidationFailure.invalidField(Tenant.key, code: "reserved", "is reserved")

    /// Attempts at finding a free key before giving up.
    static let maximumAttempts = 8

    /// A key made from a name: its first letters and digits; from the second attempt on with random characters at the end, one
    /// more at each attempt, so that many tenants can have the same name.
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
