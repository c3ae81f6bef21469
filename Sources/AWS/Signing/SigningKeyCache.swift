import Crypto
import Synchronization

/// The key that signatures of one day, region and service are made with. It is derived by four HMACs from the secret,
/// and is the same for a whole day.
final class SigningKeyCache: Sendable {
    private struct Entry {
        let secret: String
        let scope: String
        let key: SymmetricKey
    }

    private let entry = Mutex<Entry?>(nil)

    /// - Parameter day: Eight digits, such as `20260105`.
    func key(secret: String, day: String, region: String, service: String) -> SymmetricKey {
        let scope = "\(day)/\(region)/\(service)"
        if let key = entry.withLock({ $0?.scope == scope && $0?.secret == secret ? $0?.key : nil }) { return key }
        let key = Self.derive(secret: secret, day: day, region: region, service: service)
        entry.withLock { $0 = Entry(secret: secret, scope: scope, key: key) }
        return key
    }

    static func derive(secret: String, day: String, region: String, service: String) -> SymmetricKey {
        var key = SymmetricKey(data: Array("AWS4\(secret)".utf8))
        for part in [day, region, service, "aws4_request"] {
            key = SymmetricKey(data: Array(HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key)))
        }
        return key
    }
}
