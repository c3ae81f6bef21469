import Configuration
import ConfigurationChecks
import Primitives
import ServiceKit

/// Settings of leads.
struct LeadConfiguration: Sendable {
    private enum Settings {
        static let returnsKey = Setting.flag(
            "LEAD_KEY_IN_RESPONSE", default: false, "Whether `POST /leads` returns the key of a lead")
        static let keyLength = Setting.integer(
            "LEAD_KEY_LENGTH", default: 36, in: 1...128,
            "Hexadecimal characters of a key; fewer than \(minimumKeyLength) count as \(minimumKeyLength)")
        static let keyLifetime = Setting.milliseconds(
            "VALIDATION_TOKEN_EXPIRY", default: 300_000, in: 1000...604_800_000, "Lifetime of a key")
        static let keyRedisFormat = Setting<LeadKeyRedisFormat>.choice(
            "LEAD_KEY_REDIS_FORMAT", default: LeadKeyRedisFormat.none,
            "`arc` stores the original's entry for facades that verify keys in Redis themselves; see below")
        static let duplicateResponse = Setting<DuplicateLeadResponse>.choice(
            "LEAD_DUPLICATE_RESPONSE", default: .accept,
            "Response of `POST /leads` for an e-mail address that is already verified: `accept` responds as for any other address and notifies its owner by mail; `conflict` returns 409"
        )
        static let mailsPerAddress = Setting.optionalInteger(
            "LEAD_MAILS_PER_ADDRESS", unset: "`PUBLIC_API_MAX_ATTEMPTS`", in: 1...1_000_000,
            "Registrations per mailbox and hour, from all clients together (`ann+x@` counts as `ann@`)")
        static let verifications = Setting.integer(
            "LEAD_VERIFY_MAX_ATTEMPTS", default: 30, in: 1...1_000_000,
            "Calls of `POST /leads/{id}/verify` for one lead in ten minutes, from wherever they come")
        static let retention = Setting.duration(
            "LEAD_RETENTION_DAYS", default: 30, in: 1...3650,
            "Leads that have not verified their e-mail address after this time are deleted with their addresses and keys; leads from before an upgrade or adoption count from then"
        )
        static let tokenLifetime = Setting.duration(
            "LEAD_TOKEN_EXPIRY", default: 900, in: 1...86_400, "Lifetime of a lead's token in seconds")
        static let tokenPermissions = Setting.text(
            "LEAD_TOKEN_PERMISSIONS", default: "10203,7008", values: "codes, separated by commas",
            "Permissions of a lead's token")
        static let validateURL = Setting.text(
            "APP_VALIDATE_URL", default: "http://localhost:4200/tenant/verify", values: "a URL",
            "Link in the mail: `<url>/<lead id>?code=<key>`")
    }

    static let configurationKeys = ConfigurationKeys(combining: [
        ConfigurationKeys("tokens", [TokenConfiguration.secretSetting]),
        ConfigurationKeys(
            "leads",
            [
                RateLimitRules.publicAttemptsSetting, Settings.returnsKey, Settings.keyLength, Settings.keyLifetime,
                Settings.duplicateResponse, Settings.mailsPerAddress, Settings.verifications, Settings.retention,
                Settings.keyRedisFormat, Settings.tokenLifetime, Settings.tokenPermissions, Settings.validateURL,
            ]
        ).checking { (reader) throws(ConfigurationFailure) in _ = try LeadConfiguration(reader: reader) },
    ])

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
        returnsLeadKey = try reader.value(Settings.returnsKey)
        configuredKeyLength = try reader.value(Settings.keyLength)
        leadKeyLifetime = try reader.value(Settings.keyLifetime)
        leadKeyRedisFormat = try reader.value(Settings.keyRedisFormat)
        duplicateLeadResponse = try reader.value(Settings.duplicateResponse)
        leadRetention = try reader.value(Settings.retention)
        leadTokenLifetime = try reader.value(Settings.tokenLifetime)
        leadTokenPermissions = try reader.value(Settings.tokenPermissions)
            .split(separator: ",").map { $0.trimmingSpaces() }
        publicLimit = RateLimit(
            limit: try reader.value(RateLimitRules.publicAttemptsSetting), setting: .publicAttempts)
        recipientLimit = RateLimit(
            limit: try reader.value(Settings.mailsPerAddress) ?? publicLimit.limit, window: .seconds(3600))
        verificationLimit = RateLimit(limit: try reader.value(Settings.verifications), window: .seconds(600))
        guard let secret = try reader.value(TokenConfiguration.secretSetting) else {
            throw ConfigurationFailure(
                key: "JWT_SECRET", reason: "is not set: tenant management signs the tokens of leads with it")
        }
        tokenSecret = secret
        validateURL = try reader.value(Settings.validateURL)
    }
}

/// The response to a registration with an e-mail address that is already validated (`LEAD_DUPLICATE_RESPONSE`).
enum DuplicateLeadResponse: String, Sendable, CaseIterable {
    /// The same as for any other address; only the mail differs.
    case accept
    /// 409, as in the original.
    case conflict
}
