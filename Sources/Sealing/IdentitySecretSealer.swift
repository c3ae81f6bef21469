/// Seals secrets in the settings of a tenant, such as that of its client at an identity provider.
///
/// Programs that need it open it with the `DATA_ENCRYPTION_KEY` that they share with the services.
package struct IdentitySecretSealer: Sendable {
    package static let purpose = "identity-provider"
    /// For values of other forms.
    package let sealer: Sealer

    package init(keys: EncryptionKeys) { sealer = Sealer(keys: keys, purpose: Self.purpose) }

    /// A sealer with a single key.
    package init(secret: String) { self.init(keys: EncryptionKeys(current: secret)) }

    /// The text to store. It can be opened for the same owner only.
    /// - Parameter owner: Id of the tenant.
    /// - Throws: ``SealingError``.
    package func seal(_ clear: String, owner: String) throws(SealingError) -> String {
        SealedText.encode(try sealer.seal(Array(clear.utf8), label: owner))
    }

    /// The clear text of what ``seal(_:owner:)`` made.
    /// - Throws: ``SealingError`` for anything else, and for another owner's.
    package func open(_ text: String, owner: String) throws(SealingError) -> String {
        guard let sealed = SealedText.decode(text) else { throw .failed }
        return String(decoding: try sealer.open(sealed, label: owner), as: UTF8.self)
    }
}
