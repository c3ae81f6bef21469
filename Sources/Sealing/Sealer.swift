import Crypto
import FoundationEssentials

/// Seals what must lie in a database but not in clear: AES-256-GCM (NIST SP 800-38D) with a random nonce, under a key
/// derived by HKDF-SHA256 (RFC 5869) from a secret of the environment and a purpose.
///
/// The purpose keeps the keys of different uses apart; the label binds a sealed text to its place, so that one cannot be
/// exchanged for another.
package struct Sealer: Sendable {
    private let key: SymmetricKey

    /// - Parameters:
    ///   - secret: At least as unguessable as the data is worth; from the environment.
    ///   - purpose: A fixed text for each use.
    package init(secret: String, purpose: String) {
        self.key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("arc:\(purpose)".utf8),
            outputByteCount: 32)
    }

    /// Nonce, sealed text and tag in one.
    /// - Throws: ``SealingError/failed``.
    package func seal(_ clear: [UInt8], label: String) throws(SealingError) -> [UInt8] {
        guard let box = try? AES.GCM.seal(clear, using: key, authenticating: Data(label.utf8)),
            let combined = box.combined
        else { throw .failed }
        return Array(combined)
    }

    /// The clear text of what ``seal(_:label:)`` made under the same secret, purpose and label.
    /// - Throws: ``SealingError/failed`` for anything else.
    package func open(_ sealed: [UInt8], label: String) throws(SealingError) -> [UInt8] {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let clear = try? AES.GCM.open(box, using: key, authenticating: Data(label.utf8))
        else { throw .failed }
        return Array(clear)
    }
}

/// A text could not be sealed or opened. Says no more, on purpose.
package enum SealingError: Error, Sendable {
    /// The key, the label or the text is not the one it was sealed with.
    case failed
}
