package import Configuration
package import ConfigurationChecks
import Entities
package import ServiceKit

/// What tenant management reads besides the configuration of its database, Redis, bus and HTTP server.
///
/// Keys: `PROVISION_ON_CREATE` (default true: a tenant created by an operator is provisioned at once), `DEFAULT_TIER`
/// (default BASIC: tier of such a tenant when the request names none), `LEAD_KEY_IN_RESPONSE` (default false),
/// `LEAD_KEY_LENGTH` (1...128 hexadecimal characters, default 36; fewer than 16 count as 16), `LEAD_DUPLICATE_RESPONSE` (`accept` or `conflict`,
/// default accept: what a registration with an address answers that somebody has proven), `LEAD_MAILS_PER_ADDRESS`
/// (1...1000000, default `PUBLIC_API_MAX_ATTEMPTS`: registrations of one e-mail address in an hour),
/// `LEAD_VERIFY_MAX_ATTEMPTS` (1...1000000, default 30: calls of `POST /leads/{id}/verify` for one lead in ten minutes),
/// `LEAD_RETENTION_DAYS` (1...3650, default 30: life of a lead that never proves its address), `TENANT_RESERVED_KEYS`
/// (comma separated; default ``TenantKey/reservedByDefault``), `VALIDATION_TOKEN_EXPIRY` (milliseconds,
/// 1000...604800000, default 300000: life of a lead's key), `LEAD_KEY_REDIS_FORMAT` (`none` or `arc`, default none), `LEAD_TOKEN_EXPIRY` (seconds, 1...86400, default 900),
/// `LEAD_TOKEN_PERMISSIONS` (comma separated, default `10203,7008`), `WEBHOOK_SECRET_EXPIRY` (milliseconds, default
/// 1200000: life of the copy of a webhook secret in Redis), `WEBHOOK_TIMESTAMP_TOLERANCE` (milliseconds, 1000...300000,
/// default 20000), `PROVISIONING_TIMEOUT_SECONDS` (60...2592000, default 86400: after it a tenant whose call-back never
/// came is PROVISIONFAILED), `PUBLIC_API_MAX_ATTEMPTS` and `WEBHOOK_API_MAX_ATTEMPTS` (calls in a minute, 1...1000000,
/// default 10 and 60), `DATA_ENCRYPTION_KEY` (secret; default `JWT_SECRET`), `APP_VALIDATE_URL` (page of the front end
/// that takes a lead's key), `SYSTEM_USER_ID` (a UUID, see `SystemUser`).
package struct TenantManagementConfiguration: Sendable {
    var provisionsOnCreate: Bool
    var defaultTier: String
    var returnsLeadKey: Bool
    /// As configured; see ``leadKeyLength``.
    private let configuredLeadKeyLength: Int
    /// Hexadecimal characters of a key. Settings of the original ask for as few as 5, which can be guessed; so that they
    /// still work, fewer than 16 count as 16.
    var leadKeyLength: Int { max(Self.minimumLeadKeyLength, configuredLeadKeyLength) }
    var leadKeyLifetime: Duration
    var duplicateLeadResponse: DuplicateLeadResponse
    /// Registrations of one mailbox.
    var recipientLimit: RateLimit
    /// Attempts to verify one lead, from wherever they come.
    var verificationLimit: RateLimit
    /// How long a lead is kept that never proves its address.
    var leadRetention: Duration
    var reservedTenantKeys: Set<String>
    var leadKeyRedisFormat: LeadKeyRedisFormat
    var leadTokenLifetime: Duration
    var leadTokenPermissions: [String]
    var webhookSecretLifetime: Duration
    var webhookTolerance: Duration
    var provisioningTimeout: Duration
    var publicLimit: RateLimit
    /// Call-backs for one tenant.
    var webhookLimit: RateLimit
    /// Call-backs from one address, whatever tenants they name: one pipeline may work for many.
    var webhookAddressLimit: RateLimit { RateLimit(limit: min(webhookLimit.limit, 1_000_000) * 10) }
    var encryptionKey: String
    var tokenSecret: String
    var validateURL: String
    /// Whose the service's own changes are.
    var systemUser: SystemUser

    private static let minimumLeadKeyLength = 16

    /// What an operator should know of the configuration at start.
    var warnings: [String] {
        guard configuredLeadKeyLength < Self.minimumLeadKeyLength else { return [] }
        return ["LEAD_KEY_LENGTH is \(configuredLeadKeyLength), but keys have \(leadKeyLength) characters at least"]
    }

    /// Reads the keys above.
    /// - Throws: ``ConfigurationFailure`` when a value is missing or out of range.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        provisionsOnCreate = try reader.flag("provision.on.create", default: true)
        defaultTier = reader.text("default.tier") ?? "BASIC"
        returnsLeadKey = try reader.flag("lead.key.in.response", default: false)
        configuredLeadKeyLength = try reader.integer("lead.key.length", default: 36, in: 1...128)
        leadKeyLifetime = .milliseconds(
            try reader.integer("validation.token.expiry", default: 300_000, in: 1000...604_800_000))
        let duplicates = try reader.choice("lead.duplicate.response", as: DuplicateLeadResponse.self)
        duplicateLeadResponse = duplicates ?? .accept
        leadRetention = .seconds(86_400 * (try reader.integer("lead.retention.days", default: 30, in: 1...3650)))
        reservedTenantKeys =
            reader.text("tenant.reserved.keys").map {
                Set($0.split(separator: ",").map { $0.trimmingSpaces().lowercased() })
            } ?? TenantKey.reservedByDefault
        let format = try reader.choice("lead.key.redis.format", as: LeadKeyRedisFormat.self)
        leadKeyRedisFormat = format ?? LeadKeyRedisFormat.none
        leadTokenLifetime = .seconds(try reader.integer("lead.token.expiry", default: 900, in: 1...86_400))
        leadTokenPermissions = (reader.text("lead.token.permissions") ?? "10203,7008")
            .split(separator: ",").map { $0.trimmingSpaces() }
        webhookSecretLifetime = .milliseconds(
            try reader.integer("webhook.secret.expiry", default: 1_200_000, in: 1000...604_800_000))
        webhookTolerance = .milliseconds(
            try reader.integer("webhook.timestamp.tolerance", default: 20_000, in: 1000...300_000))
        provisioningTimeout = .seconds(
            try reader.integer("provisioning.timeout.seconds", default: 86_400, in: 60...2_592_000))
        publicLimit = RateLimit(limit: try reader.integer("public.api.max.attempts", default: 10, in: 1...1_000_000))
        recipientLimit = RateLimit(
            limit: try reader.integer(
                "lead.mails.per.address", default: publicLimit.limit, in: 1...1_000_000), window: .seconds(3600))
        verificationLimit = RateLimit(
            limit: try reader.integer("lead.verify.max.attempts", default: 30, in: 1...1_000_000),
            window: .seconds(600))
        webhookLimit = RateLimit(limit: try reader.integer("webhook.api.max.attempts", default: 60, in: 1...1_000_000))
        guard let secret = try reader.secret("jwt.secret") else {
            throw ConfigurationFailure(
                key: "JWT_SECRET", reason: "is not set: tenant management signs the tokens of leads with it")
        }
        tokenSecret = secret
        encryptionKey = try reader.secret("data.encryption.key") ?? secret
        systemUser = try SystemUser(reader: reader)
        validateURL = reader.text("app.validate.url") ?? "http://localhost:4200/tenant/verify"
    }
}

/// What a registration answers with an e-mail address that somebody has proven (`LEAD_DUPLICATE_RESPONSE`).
enum DuplicateLeadResponse: String, Sendable, CaseIterable {
    /// The same as for any other address; the mail says the rest.
    case accept
    /// 409, as the original.
    case conflict
}
