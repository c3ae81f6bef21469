import FoundationEssentials

/// Seals the secret of a tenant's client at its identity provider, which lies in the tenant's settings.
///
/// Programs that need it open it with the `DATA_ENCRYPTION_KEY` that they share with the services.
package struct IdentitySecretSealer: Sendable {
    private static let prefix = "sealed:"
    private let sealer: Sealer

    /// - Parameter secret: `DATA_ENCRYPTION_KEY`.
    package init(secret: String) { sealer = Sealer(secret: secret, purpose: "identity-provider") }

    /// The text to store. It can be opened for the same owner only.
    /// - Parameter owner: Id of the tenant.
    /// - Throws: ``SealingError``.
    package func seal(_ clear: String, owner: String) throws(SealingError) -> String {
        Self.prefix + Data(try sealer.seal(Array(clear.utf8), label: owner)).base64EncodedString()
    }

    /// The clear text of what ``seal(_:owner:)`` made.
    /// - Throws: ``SealingError`` for anything else, and for another owner's.
    package func open(_ text: String, owner: String) throws(SealingError) -> String {
        guard text.hasPrefix(Self.prefix), let sealed = Data(base64Encoded: String(text.dropFirst(Self.prefix.count)))
        else { throw .failed }
        return String(decoding: try sealer.open(Array(sealed), label: owner), as: UTF8.self)
    }
}
