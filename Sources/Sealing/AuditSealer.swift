import Crypto
import FoundationEssentials
package import Primitives

/// Signs the ends and the purged beginnings of audit chains (HMAC-SHA256), so that whoever can write to the database but has not
/// the key cannot make another chain.
package struct AuditSealer: Sendable {
    /// What is signed.
    package enum Subject: String, Sendable {
        /// The last row of a chain.
        case head
        /// The last row that was purged.
        case checkpoint
    }

    private static let purpose = "audit-seal"
    private let current: SymmetricKey
    private let keys: [SymmetricKey]
    private let service: String

    /// - Parameters:
    ///   - keys: The current one signs; what was signed under one of the others is accepted.
    ///   - service: Whose log it is, so that a chain of one service cannot pass for that of another.
    package init(keys: EncryptionKeys, service: String) {
        current = keys.current.derived(for: Self.purpose)
        self.keys = keys.all.map { $0.derived(for: Self.purpose) }
        self.service = service
    }

    /// The signature of a row's place in its chain, in base 16.
    package func seal(_ subject: Subject, chain: Identifier, sequence: Int64, hash: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: message(subject, chain, sequence, hash), using: current)
        return Hex.encode(Array(code))
    }

    /// Whether a signature is one of this service's.
    package func accepts(
        _ seal: String, of subject: Subject, chain: Identifier, sequence: Int64, hash: String
    ) -> Bool {
        guard let code = Hex.decode(seal) else { return false }
        let message = message(subject, chain, sequence, hash)
        return keys.contains { HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: $0) }
    }

    private func message(_ subject: Subject, _ chain: Identifier, _ sequence: Int64, _ hash: String) -> Data {
        Data("\(service)\n\(subject.rawValue)\n\(chain)\n\(sequence)\n\(hash)".utf8)
    }
}
