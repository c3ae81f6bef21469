import Crypto
import FoundationEssentials
import Primitives

/// The token that a page repeats in a header when it changes something: another site can make a browser send the cookie of the
/// session, but can neither read this token nor set the header.
///
/// It is an HMAC of the session's token, so it is valid for one session only and is stored nowhere.
package struct CrossSiteTokens: Sendable {
    private let key: SymmetricKey

    /// - Parameter secret: The key that all services encrypt with.
    package init(secret: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("arc:csrf".utf8), outputByteCount: 32)
    }

    /// The token of a session.
    package func token(of session: SessionToken) -> String {
        Hex.encode(Array(HMAC<SHA256>.authenticationCode(for: Array(session.text.utf8), using: key)))
    }

    /// Takes the same time for every text of the right form.
    package func isToken(_ text: String, of session: SessionToken) -> Bool {
        guard let code = Hex.decode(text), code.count == SHA256.byteCount else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(session.text.utf8), using: key)
    }
}
