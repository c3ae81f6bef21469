import Crypto
import Primitives
package import Sealing

/// The token that a page repeats in a header when it changes something: another site can make a browser send the cookie of the
/// session, but can neither read this token nor set the header.
///
/// It is an HMAC of the session's token, so it is valid for one session only and is stored nowhere.
package struct CrossSiteTokens: Sendable {
    private let key: SymmetricKey
    /// Tokens that were made before the key was rotated, or by nodes that have rotated it already, are good, too.
    private let all: [SymmetricKey]

    /// - Parameter keys: The keys that all services encrypt with.
    package init(keys: EncryptionKeys) {
        key = keys.current.derived(for: "csrf")
        all = keys.all.map { $0.derived(for: "csrf") }
    }

    /// The token of a session.
    package func token(of session: SessionToken) -> String {
        Hex.encode(Array(HMAC<SHA256>.authenticationCode(for: Array(session.text.utf8), using: key)))
    }

    /// Takes the same time for every text of the right form.
    package func isToken(_ text: String, of session: SessionToken) -> Bool {
        guard let code = Hex.decode(text), code.count == SHA256.byteCount else { return false }
        let content = Array(session.text.utf8)
        return all.contains { HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: content, using: $0) }
    }
}
