package import Crypto
import FoundationEssentials

/// A secret of the environment from which keys are derived. No description and no mirror shows it.
package struct EncryptionKey: Sendable {
    /// Bytes of an ``identifier``.
    package static let identifierLength = 8

    let material: SymmetricKey
    /// Names the key in what is sealed under it. It is derived from the key, so that it cannot be given to the wrong one, and tells
    /// nothing else about it.
    package let identifier: [UInt8]

    /// - Parameter secret: At least as unguessable as the data is worth; from the environment.
    package init(secret: String) {
        material = SymmetricKey(data: Data(secret.utf8))
        identifier = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: material, info: Data("arc:key-identifier".utf8),
            outputByteCount: Self.identifierLength
        ).withUnsafeBytes { Array($0) }
    }

    /// The key for one use (HKDF-SHA256, RFC 5869).
    package func derived(for purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: material, info: Data("arc:\(purpose)".utf8), outputByteCount: 32)
    }
}

extension EncryptionKey: Equatable {
    package static func == (left: EncryptionKey, right: EncryptionKey) -> Bool { left.identifier == right.identifier }
}

extension EncryptionKey: CustomStringConvertible, CustomReflectable {
    /// Always `<key>`.
    package var description: String { "<key>" }

    /// Empty.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The keys that protect what is stored: the current one seals, and all of them open.
package struct EncryptionKeys: Sendable {
    /// Seals.
    package let current: EncryptionKey
    /// Only open what is not sealed under the current one yet, or what other nodes have already sealed under the next one.
    package let others: [EncryptionKey]

    /// - Parameters:
    ///   - current: `DATA_ENCRYPTION_KEY`.
    ///   - others: `DATA_DECRYPTION_KEYS`. The current one and repetitions are left out.
    package init(current: String, others: [String] = []) {
        let key = EncryptionKey(secret: current)
        self.current = key
        self.others = others.map(EncryptionKey.init).reduce(into: []) { keys, other in
            if other != key, !keys.contains(other) { keys.append(other) }
        }
    }

    /// The current one first.
    package var all: [EncryptionKey] { [current] + others }

    /// Whether what is sealed says under which key. With a single key it does not, so that nodes of earlier versions, which run
    /// beside this one during an upgrade, can open it.
    var areNamed: Bool { !others.isEmpty }
}
