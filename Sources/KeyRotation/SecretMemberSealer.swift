package import JSONCoding
package import Sealing

/// Seals the secret members of documents that people write, such as the settings of a tenant, and opens them for those who may read
/// them. The rest of a document stays as it is.
///
/// Texts are sealed as they are. Other values are sealed as JSON behind U+0000, which no text of a document contains.
package struct SecretMemberSealer: Sendable {
    /// Nonce and tag of AES-GCM: shorter texts are not sealed, whatever they begin with.
    package static let minimumLength = 12 + 16

    private static let mark: UInt8 = 0
    private let sealer: Sealer

    package init(keys: EncryptionKeys, purpose: String) { sealer = Sealer(keys: keys, purpose: purpose) }

    fileprivate init(_ sealer: Sealer) { self.sealer = sealer }

    /// The document to store, which can be opened for the same owner only.
    /// - Parameters:
    ///   - owner: Id of the tenant.
    ///   - former: What is stored so far. A text that no key opens is shown as it is, and stays when it is written back.
    /// - Throws: ``SealingError``.
    package func sealed(
        _ document: JSONValue, owner: String, beside former: JSONValue? = nil
    ) throws(SealingError) -> JSONValue {
        try document.replacingSecrets(beside: former) { (secret, stored) throws(SealingError) in
            if secret == stored, isSealed(secret), opened(secret, owner) == secret { return secret }
            return try sealed(secret: secret, owner)
        }
    }

    /// The document with its secrets. What no key opens, and what was stored before secrets were sealed, is left as it is.
    package func opened(document: JSONValue, owner: String) -> JSONValue {
        document.replacingSecrets { secret, _ in opened(secret, owner) }
    }

    private func sealed(secret: JSONValue, _ owner: String) throws(SealingError) -> JSONValue {
        .string(SealedText.encode(try sealer.seal(Self.clearBytes(secret), label: owner)))
    }

    /// What is sealed of a value.
    package static func clearBytes(_ secret: JSONValue) -> [UInt8] {
        if case .string(let text) = secret { return Array(text.utf8) }
        return [mark] + secret.serialized()
    }

    private func opened(_ secret: JSONValue, _ owner: String) -> JSONValue {
        guard let sealed = Self.sealedBytes(secret), let clear = try? sealer.open(sealed, label: owner) else {
            return secret
        }
        if clear.first == Self.mark, let value = try? JSONValue.parse(stored: Array(clear.dropFirst())) { return value }
        return .string(String(decoding: clear, as: UTF8.self))
    }

    private func isSealed(_ secret: JSONValue) -> Bool { Self.sealedBytes(secret) != nil }

    /// The sealed bytes of a value; nil for one that is not sealed.
    package static func sealedBytes(_ secret: JSONValue) -> [UInt8]? {
        guard case .string(let text) = secret, let sealed = SealedText.decode(text), sealed.count >= minimumLength
        else { return nil }
        return sealed
    }
}

extension IdentitySecretSealer {
    /// Seals and opens the secrets of a whole setting.
    package var members: SecretMemberSealer { SecretMemberSealer(sealer) }
}
