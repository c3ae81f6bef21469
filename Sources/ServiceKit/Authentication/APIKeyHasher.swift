import Crypto
package import Sealing

/// What is stored of an API key: HMAC-SHA256 under a key of the installation.
///
/// A slow password hash makes guessing expensive. Nobody can guess 256 random bits, so it would only make every verification
/// expensive. The key of the HMAC has another purpose: whoever can write to the database or to the bus, but does not have it,
/// cannot store an invented API key.
package struct APIKeyHasher: Sendable {
    private let keys: [SymmetricKey]

    /// - Parameter keys: New API keys are hashed under the first one; those that were hashed under the others are accepted too.
    package init(_ keys: [EncryptionKey]) {
        self.keys = keys.map { $0.derived(for: "api-keys") }
    }

    /// What is stored of a new key.
    package func hash(_ key: APIKeyText) -> [UInt8] { hashes(key).first ?? [] }

    /// What may be stored of a key, under the current key first.
    package func hashes(_ key: APIKeyText) -> [[UInt8]] {
        keys.map { Array(HMAC<SHA256>.authenticationCode(for: Array(key.text.utf8), using: $0)) }
    }
}
