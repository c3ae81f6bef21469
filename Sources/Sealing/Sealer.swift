import Crypto
import FoundationEssentials

/// Seals what must lie in a database but not in clear: AES-256-GCM (NIST SP 800-38D) with a random nonce, under a key
/// derived by HKDF-SHA256 (RFC 5869) from a secret of the environment and a purpose.
///
/// The purpose keeps the keys of different uses apart; the label binds a sealed value to its place, so that one cannot be
/// exchanged for another. A value has one of two forms:
///
/// - nonce, text, tag: what a single key seals, and every earlier version;
/// - ``mark``, identifier of the key, nonce, text, tag, with the first two authenticated too: what one of several keys seals.
package struct Sealer: Sendable {
    /// The first bytes of a value that names its key. A value of the other form begins with them by chance once in 4 billion
    /// times; then its identifier is unknown, or opening it fails, and it is opened as what it is.
    static let mark: [UInt8] = [0xA7, 0x52, 0x43, 0x02]

    private struct Key: Sendable {
        let prefix: [UInt8]
        let symmetric: SymmetricKey
    }

    private let current: Key
    private let all: [Key]
    private let areNamed: Bool

    /// - Parameter purpose: A fixed text for each use.
    package init(keys: EncryptionKeys, purpose: String) {
        all = keys.all.map { Key(prefix: Self.mark + $0.identifier, symmetric: $0.derived(for: purpose)) }
        current = Key(
            prefix: Self.mark + keys.current.identifier, symmetric: keys.current.derived(for: purpose))
        areNamed = keys.areNamed
    }

    /// A sealer with a single key.
    package init(secret: String, purpose: String) {
        self.init(keys: EncryptionKeys(current: secret), purpose: purpose)
    }

    /// What every value begins with that says that it is sealed under the current key.
    package var currentPrefix: [UInt8] { current.prefix }

    /// Seals a value.
    /// - Parameter formerLabel: The label of values that do not name their key, where another one was used for them.
    /// - Throws: ``SealingError/failed``.
    package func seal(
        _ clear: [UInt8], label: String, formerLabel: String? = nil
    ) throws(SealingError) -> [UInt8] {
        guard areNamed else { return try Self.seal(clear, current.symmetric, Data((formerLabel ?? label).utf8)) }
        return try sealNamed(clear, label: label)
    }

    /// Seals a value so that it says under which key, also when there is only one.
    /// - Throws: ``SealingError/failed``.
    package func sealNamed(_ clear: [UInt8], label: String) throws(SealingError) -> [UInt8] {
        let prefix = current.prefix
        return prefix + (try Self.seal(clear, current.symmetric, Data(prefix) + Data(label.utf8)))
    }

    /// The clear text of what was sealed under one of the keys, with the same purpose and label.
    /// - Throws: ``SealingError/failed`` for anything else.
    package func open(
        _ sealed: [UInt8], label: String, formerLabel: String? = nil
    ) throws(SealingError) -> [UInt8] {
        if let key = all.first(where: { sealed.starts(with: $0.prefix) }) {
            let data = Data(key.prefix) + Data(label.utf8)
            if let clear = Self.open(sealed.dropFirst(key.prefix.count), key.symmetric, data) { return clear }
        }
        let data = Data((formerLabel ?? label).utf8)
        for key in all {
            if let clear = Self.open(sealed[...], key.symmetric, data) { return clear }
        }
        throw .failed
    }

    private static func seal(
        _ clear: [UInt8], _ key: SymmetricKey, _ authenticated: Data
    ) throws(SealingError) -> [UInt8] {
        guard let box = try? AES.GCM.seal(clear, using: key, authenticating: authenticated),
            let combined = box.combined
        else { throw .failed }
        return Array(combined)
    }

    private static func open(_ sealed: ArraySlice<UInt8>, _ key: SymmetricKey, _ authenticated: Data) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let clear = try? AES.GCM.open(box, using: key, authenticating: authenticated)
        else { return nil }
        return Array(clear)
    }
}

/// A value could not be sealed or opened. Says no more, on purpose.
package enum SealingError: Error, Sendable {
    /// The key, the label or the value is not the one it was sealed with.
    case failed
}
