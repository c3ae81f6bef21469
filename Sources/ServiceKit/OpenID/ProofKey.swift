import Crypto
import Primitives

/// The secret of one login that only this service and the identity provider see (PKCE, RFC 7636): whoever intercepts the code
/// of a login cannot use it without.
package struct ProofKey: Sendable, Hashable {
    /// `code_verifier`: 64 characters with 256 random bits; section 4.1 allows 43 to 128.
    package let verifier: String

    /// A new one.
    package init() { verifier = SecureRandom.hex(bytes: 32) }

    /// One that was stored.
    package init(verifier: String) { self.verifier = verifier }

    /// `code_challenge` with the method `S256` (section 4.2).
    package var challenge: String { Base64URL.encode(SHA256.hash(data: Array(verifier.utf8))) }
}
