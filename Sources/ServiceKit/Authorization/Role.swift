/// A name for a set of permissions, which tokens and other credentials refer to.
package struct Role: Sendable, Hashable {
    /// Whose credentials a role counts for. In those of others it gives nothing: an operator's role in the token of a tenant's
    /// user would be a mistake of the identity provider, and so would a tenant's role in a token without a tenant, whose bearer
    /// would have the permissions for every tenant.
    package enum Audience: String, Sendable, Hashable, CaseIterable {
        /// Operators and services.
        case `operator`
        /// Users of a tenant.
        case tenant
    }

    package let name: String
    package let audience: Audience
    package let permissions: Set<String>
    /// What it is for, for people; may be empty.
    package let description: String

    /// Makes one from its parts, which are not checked; see ``isName(_:)`` and ``PermissionCatalog/isKnown(_:)``.
    package init(_ name: String, _ audience: Audience, permissions: Set<String>, description: String = "") {
        self.name = name
        self.audience = audience
        self.permissions = permissions
        self.description = description
    }

    /// Maximum length of a description.
    package static let maximumDescriptionLength = 500

    /// Maximum length of a name.
    package static let maximumNameLength = 64
    /// What a name is, for JSON Schema: ASCII only, so that no two names look alike.
    package static let namePattern = "^[A-Za-z][A-Za-z0-9_.:-]{0,63}$"

    /// Whether a text can be the name of a role, see ``namePattern``.
    package static func isName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, isLetter(first), bytes.count <= maximumNameLength else { return false }
        return bytes.allSatisfy { byte in
            isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "_.:-".utf8.contains(byte)
        }
    }

    /// Whether a name cannot be given to a new role, in any case: built-in roles have it, or it has another meaning in tokens.
    package static func isReserved(_ name: String) -> Bool { reserved.contains(name.lowercased()) }

    /// `lead` marks the tokens of leads.
    private static let reserved = Set(builtIn.map { $0.name.lowercased() } + ["lead"])

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
