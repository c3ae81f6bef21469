import Configuration
import ConfigurationChecks
import Primitives

/// `TOKEN_REVOCATION_DAYS` (1…3650, default 365): how long a revocation is kept whose request does not say when its tokens
/// expire. At least as long as the longest lifetime of a token.
struct TokenRevocationConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = ["TOKEN_REVOCATION_DAYS"]

    let retention: Duration

    /// - Throws: ``ConfigurationFailure`` when the value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        retention = .seconds(
            try reader.integer("token.revocation.days", default: 365, in: 1...3650) * 86_400)
    }
}
