import Configuration
import ConfigurationChecks
import Primitives
import ServiceKit

/// Settings of leads.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `LEAD_KEY_IN_RESPONSE` | | `false` | whether `POST /leads` returns the key |
/// | `LEAD_KEY_LENGTH` | 1 … 128 | 36 | hexadecimal characters; fewer than 16 count as 16 |
/// | `LEAD_KEY_REDIS_FORMAT` | `none`, `arc` | `none` | whether keys are in Redis too, as the original writes them |
/// | `VALIDATION_TOKEN_EXPIRY` | 1000 … 604800000 ms | 300000 | lifetime of a key |
/// | `LEAD_DUPLICATE_RESPONSE` | `accept`, `conflict` | `accept` | see ``DuplicateLeadResponse`` |
/// | `LEAD_MAILS_PER_ADDRESS` | 1 … 1000000 | `PUBLIC_API_MAX_ATTEMPTS` | registrations of one address in an hour |
/// | `LEAD_VERIFY_MAX_ATTEMPTS` | 1 … 1000000 | 30 | attempts to verify one lead in ten minutes |
/// | `LEAD_RETENTION_DAYS` | 1 … 3650 | 30 | lifetime of a lead that never validates its address |
/// | `LEAD_TOKEN_EXPIRY` | 1 … 86400 s | 900 | lifetime of a token |
/// | `LEAD_TOKEN_PERMISSIONS` | comma separated | `10203,7008` | permissions of a token |
/// | `JWT_SECRET` | secret | required | signs tokens |
/// | `APP_VALIDATE_URL` | | `http://localhost:4200/tenant/verify` | page of the front end that takes a key |
/// | `PUBLIC_API_MAX_ATTEMPTS` | 1 … 1000000 | 10 | calls in a minute |
struct LeadConfiguration: Sendable {
    static let configurationKeys = ConfigurationKeys(
        [
            "LEAD_KEY_IN_RESPONSE", "LEAD_KEY_LENGTH", "LEAD_KEY_REDIS_FORMAT", "VALIDATION_TOKEN_EXPIRY",
            "LEAD_DUPLICATE_RESPONSE", "LEAD_MAILS_PER_ADDRESS", "LEAD_VERIFY_MAX_ATTEMPTS", "LEAD_RETENTION_DAYS",
            "LEAD_TOKEN_EXPIRY", "LEAD_TOKEN_PERMISSIONS", "APP_VALIDATE_URL", "PUBLIC_API_MAX_ATTEMPTS",
        ], secrets: ["JWT_SECRET"])

    var returnsLeadKey: Bool
    var leadKeyLifetime: Duration
    var leadKeyRedisFormat: LeadKeyRedisFormat
    var duplicateLeadResponse: DuplicateLeadResponse
    /// Registrations of one mailbox.
    var recipientLimit: RateLimit
    /// Attempts to verify one lead, from any client.
    var verificationLimit: RateLimit
    var leadRetention: Duration
    var leadTokenLifetime: Duration
    var leadTokenPermissions: [String]
    var tokenSecret: String
    var validateURL: String
    var publicLimit: RateLimit

    private let configuredKeyLength: Int
    private static let minimumKeyLength = 16

    /// Hexadecimal characters of a key. Settings of the original have as few as 5, which can be guessed. Such settings still
    /// work, but fewer than 16 count as 16.
    var leadKeyLength: Int { max(Self.minimumKeyLength, configuredKeyLength) }

    /// What an operator should know about the configuration at startup.
    var warnings: [String] {
        guard configuredKeyLength < Self.minimumKeyLength else { return [] }
        return ["LEAD_KEY_LENGTH is \(configuredKeyLength), but keys have at least \(leadKeyLength) characters"]
    }

    /// - Throws: ``ConfigurationFailure`` when a value is missing or out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        returnsLeadKey = try reader.flag("lead.key.in.response", default: false)
        configuredKeyLength = try reader.integer("lead.key.length", default: 36, in: 1...128)
        leadKeyLifetime = try reader.milliseconds("validation.token.expiry", default: 300_000, in: 1000...604_800_000)
        let format = try reader.choice("lead.key.redis.format", as: LeadKeyRedisFormat.self)
        leadKeyRedisFormat = format ?? LeadKeyRedisFormat.none
        let duplicates = try reader.choice("lead.duplicate.response", as: DuplicateLeadResponse.self)
        duplicateLeadResponse = duplicates ?? .accept
        leadRetention = .seconds(86_400 * (try reader.integer("lead.retention.days", default: 30, in: 1...3650)))
        leadTokenLifetime = .seconds(try reader.integer("lead.token.expiry", default: 900, in: 1...86_400))
        leadTokenPermissions = (reader.text("lead.token.permissions") ?? "10203,7008")
            .split(separator: ",").map { $0.trimmingSpaces() }
        publicLimit = RateLimit(
            limit: try RateLimitRules.publicAttempts(reader: reader), setting: .publicAttempts)
        recipientLimit = RateLimit(
            limit: try reader.integer(
                "lead.mails.per.address", default: publicLimit.limit, in: 1...1_000_000), window: .seconds(3600))
        verificationLimit = RateLimit(
            limit: try reader.integer("lead.verify.max.attempts", default: 30, in: 1...1_000_000),
            window: .seconds(600))
        guard let secret = try reader.secret("jwt.secret") else {
            throw ConfigurationFailure(
                key: "JWT_SECRET", reason: "is not set: tenant management signs the tokens of leads with it")
        }
        tokenSecret = secret
        validateURL = reader.text("app.validate.url") ?? "http://localhost:4200/tenant/verify"
    }
}

/// The response to a registration with an e-mail address that is already validated (`LEAD_DUPLICATE_RESPONSE`).
enum DuplicateLeadResponse: String, Sendable, CaseIterable {
    /// The same as for any other address; only the mail differs.
    case accept
    /// 409, as in the original.
    case conflict
}
