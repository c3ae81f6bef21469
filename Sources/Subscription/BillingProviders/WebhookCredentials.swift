import Crypto
import FoundationEssentials

/// Name and password of those who report payments (docs/contract/arc-api.md 6.11). Never shows itself.
struct WebhookCredentials: Sendable, CustomStringConvertible, CustomReflectable {
    private let expected: SHA256.Digest

    init(username: String, password: String) {
        expected = SHA256.hash(data: Array("\(username):\(password)".utf8))
    }

    /// Whether an `Authorization` header holds them (RFC 7617). The time does not depend on how much of it is right:
    /// digests are compared, all of their bytes.
    func accept(_ header: String?) -> Bool {
        guard let header, header.utf8.count <= 4096 else { return false }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "basic", let given = Data(base64Encoded: String(parts[1]))
        else { return false }
        return SHA256.hash(data: given) == expected
    }

    var description: String { "credentials" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
