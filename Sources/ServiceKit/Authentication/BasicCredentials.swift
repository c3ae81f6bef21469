import Crypto
import FoundationEssentials

/// A name and a password (RFC 7617). Never shows itself.
package struct BasicCredentials: Sendable, CustomStringConvertible, CustomReflectable {
    private let expected: SHA256.Digest

    /// Makes them from the two parts.
    package init(user: String, password: String) {
        expected = SHA256.hash(data: Array("\(user):\(password)".utf8))
    }

    /// Whether an `Authorization` header has them. The time does not depend on how much of it is right: digests are compared,
    /// all of their bytes.
    package func accept(_ header: String?) -> Bool {
        guard let header, header.utf8.count <= 4096 else { return false }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "basic", let given = Data(base64Encoded: String(parts[1]))
        else { return false }
        return SHA256.hash(data: given) == expected
    }

    /// Not the credentials.
    package var description: String { "credentials" }
    /// Empty, so that dumps show nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
