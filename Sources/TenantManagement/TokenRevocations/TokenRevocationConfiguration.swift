import Configuration
import ConfigurationChecks
import Primitives

/// How long a revocation is kept whose request does not say when its tokens expire.
struct TokenRevocationConfiguration: Sendable {
    private static let setting = Setting.duration(
        "TOKEN_REVOCATION_DAYS", default: 365, in: 1...3650,
        "How long a revocation of tokens is kept that does not say when they expire; at least the longest lifetime of a token"
    )

    static let configurationKeys = ConfigurationKeys("tokens", [setting])

    let retention: Duration

    /// - Throws: ``ConfigurationFailure`` when the value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) { retention = try reader.value(Self.setting) }
}
