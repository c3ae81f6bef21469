import Primitives

/// A name for a tenant's schema, role or database: `tenant_<key>`.
///
/// The only way to make such a name, so nothing else is ever quoted in the statements that create objects.
struct SQLName: Sendable, Hashable, CustomStringConvertible {
    /// The bare name.
    let text: String

    /// Longest name that PostgreSQL keeps, in bytes; longer ones are cut off silently.
    private static let maximumLength = 63

    /// - Throws: a permanent failure unless the key is `^[a-z0-9]+$` and short enough.
    init(tenantKey: String) throws(ProvisioningFailure) {
        let text = "tenant_" + tenantKey
        guard !tenantKey.isEmpty, tenantKey.utf8.allSatisfy(Self.isAllowed), text.utf8.count <= Self.maximumLength
        else {
            throw .permanent("the tenant's key must be lower-case letters and digits, at most 56")
        }
        self.text = text
    }

    /// Quoted for SQL.
    var quoted: String { Self.quoted(text) }

    var description: String { text }

    /// Any identifier in quotes.
    static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
