package import Configuration
package import ConfigurationChecks
import OutboundHTTP
package import ServiceKit
import WorkQueue

/// What the orchestrator reads besides the configuration of its HTTP server, its database (`DB_…`), the bus
/// (`MESSAGE_BUS_…`) and the provisioner's database (`PROVISIONER_DB_…`, only when a tier needs it).
///
/// | environment | default | range |
/// |---|---|---|
/// | `DATA_ENCRYPTION_KEY` | `JWT_SECRET` | secret; the same for all services: opens the events' secrets, seals at rest |
/// | `TENANT_MANAGEMENT_URL` | `http://127.0.0.1:3005` | http or https; `/webhook` is added |
/// | `TIERS_FILE` | none | JSON: tier to provisioner |
/// | `APP_PLANE_URL_TEMPLATE` | `http://{key}.localhost` | with `{key}`, `{tenantId}`, `{tier}` |
/// | `PROVISIONING_CONCURRENCY` | 8 | 1 … 64 runs at once |
/// | `PROVISIONING_TIER_CONCURRENCY` | half of that | 1 … 64 runs at once for one tier, or for one pipeline's host |
/// | `PROVISIONING_OUTAGE_SECONDS` | 3600 | 0 … 86400 for which what a provisioner depends on may be away |
/// | `PROVISIONING_MAX_ATTEMPTS` | 5 | 1 … 100 |
/// | `PROVISIONING_BACKOFF_MILLIS`, `PROVISIONING_BACKOFF_MAX_MILLIS` | 1000, 60000 | 1 … 86400000 |
/// | `PROVISIONING_LEASE_MILLIS` | 15000 | 100 … 3600000 |
/// | `CALLBACK_BACKOFF_MILLIS`, `CALLBACK_BACKOFF_MAX_MILLIS` | 500, 300000 | 1 … 86400000 |
/// | `CALLBACK_TIMEOUT_MILLIS` | 10000 | 10 … 60000 |
/// | `PROVISIONER_ROLE_CONNECTION_LIMIT` | 20 | 1 … 10000, for each tenant's role |
/// | `EVENT_BRIDGE_API_KEY` | none | secret, at least 16 characters: senders of events authenticate with it as `x-api-key` |
/// | `EVENT_SIGNING_SECRET` | none | secret, at least 16 characters: senders of events sign with it |
/// | `WEBHOOK_API_MAX_ATTEMPTS` | 60 | 1 … 1000000 events over HTTP in a minute, for each client and process |
/// | `PROVISIONER_HTTP_ALLOW_PRIVATE` | true | whether pipelines may be on this machine or in private networks |
package struct OrchestratorConfiguration: Sendable {
    /// Opens the events' secrets and seals what lies in `orchestrator_db`.
    package var encryptionKey: String
    /// Where callbacks go: `{TENANT_MANAGEMENT_URL}/webhook`.
    package var callbackURL: String
    /// How long an answer to a callback is waited for.
    package var callbackTimeout: Duration
    /// Which tier has which provisioner.
    package var tiers: [TierDefinition]
    /// Where the tenants' applications are, unless a provisioner says it.
    package var appPlaneURL: AppPlaneURL
    /// Retries and concurrency.
    package var policy: RunPolicy
    /// Most connections of a tenant's role.
    package var roleConnectionLimit: Int
    /// Whether pipelines may be on this machine or in private networks. Link-local addresses and metadata services are
    /// refused in any case.
    package var allowsInternalPipelines: Bool
    /// Who may send events over HTTP.
    var eventCredentials: EventCredentials
    /// How often a client may try to.
    package var eventLimit: RateLimit

    /// Reads the keys above, and the tiers file.
    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        guard let key = try reader.secret("data.encryption.key", or: "jwt.secret") else {
            throw ConfigurationFailure(
                key: "DATA_ENCRYPTION_KEY",
                reason: "is not set, and neither is JWT_SECRET; it must be the one that tenant management has")
        }
        encryptionKey = key
        let base = reader.text("tenant.management.url") ?? "http://127.0.0.1:3005"
        guard HTTPURL(base)?.hasQuery == false else {
            throw ConfigurationFailure(
                key: "TENANT_MANAGEMENT_URL", reason: "must be an http or https URL, such as http://127.0.0.1:3005")
        }
        callbackURL = (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/webhook"
        callbackTimeout = try reader.milliseconds("callback.timeout.millis", default: 10_000, in: 10...60_000)
        if let path = reader.text("tiers.file") {
            tiers = try TierDefinition.load(path: path)
        } else {
            tiers = TierDefinition.defaults
        }
        guard let url = AppPlaneURL(template: reader.text("app.plane.url.template") ?? "http://{key}.localhost") else {
            throw ConfigurationFailure(
                key: "APP_PLANE_URL_TEMPLATE",
                reason: "must be an http or https URL with no placeholders but {key}, {tenantId} and {tier}")
        }
        appPlaneURL = url
        let concurrency = try reader.integer("provisioning.concurrency", default: 8, in: 1...64)
        policy = RunPolicy(
            concurrency: concurrency,
            tierConcurrency: try reader.integer(
                "provisioning.tier.concurrency", default: (concurrency + 1) / 2, in: 1...64),
            maximumAttempts: try reader.integer("provisioning.max.attempts", default: 5, in: 1...100),
            provisioning: try reader.backOff("provisioning", initial: 1000, maximum: 60_000),
            outageLimit: .seconds(try reader.integer("provisioning.outage.seconds", default: 3600, in: 0...86_400)),
            callback: try reader.backOff("callback", initial: 500, maximum: 300_000),
            lease: try reader.milliseconds("provisioning.lease.millis", default: 15_000, in: 100...3_600_000),
            // The rest of the time for an orderly end is for giving back what was cancelled.
            drainTimeout: .seconds(try reader.integer("shutdown.seconds", default: 8, in: 1...300)) * 0.7)
        roleConnectionLimit = try reader.integer("provisioner.role.connection.limit", default: 20, in: 1...10_000)
        allowsInternalPipelines = try reader.flag("provisioner.http.allow.private", default: true)
        eventCredentials = EventCredentials(
            key: try reader.longSecret("event.bridge.api.key"),
            signingSecret: try reader.longSecret("event.signing.secret"))
        eventLimit = RateLimit(limit: try reader.integer("webhook.api.max.attempts", default: 60, in: 1...1_000_000))
    }
}

extension ConfigReader {
    /// A secret that cannot be guessed; nil when it is not set.
    fileprivate func longSecret(_ key: ConfigKey) throws(ConfigurationFailure) -> String? {
        guard let secret = try secret(key) else { return nil }
        guard secret.count >= EventCredentials.minimumLength else {
            throw ConfigurationFailure(
                key: key.environmentName, reason: "must have at least \(EventCredentials.minimumLength) characters")
        }
        return secret
    }

    fileprivate func backOff(
        _ name: String, initial: Int, maximum: Int
    ) throws(ConfigurationFailure) -> BackOff {
        BackOff(
            initial: try milliseconds([name, "backoff", "millis"], default: initial, in: 1...86_400_000),
            maximum: try milliseconds([name, "backoff", "max", "millis"], default: maximum, in: 1...86_400_000))
    }
}
