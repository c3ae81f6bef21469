import Configuration
import ConfigurationChecks
import OutboundHTTP

/// Settings of the callbacks that the orchestrator sends.
///
/// | environment | default | range |
/// |---|---|---|
/// | `TENANT_MANAGEMENT_URL` | `http://127.0.0.1:3005` | http or https; `/webhook` is added |
/// | `CALLBACK_TIMEOUT_MILLIS` | 10000 | 10 … 60000 |
/// | `APP_PLANE_URL_TEMPLATE` | `http://{key}.localhost` | with `{key}`, `{tenantId}`, `{tier}` |
struct CallbackConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = [
        "TENANT_MANAGEMENT_URL", "CALLBACK_TIMEOUT_MILLIS", "APP_PLANE_URL_TEMPLATE",
    ]

    /// `TENANT_MANAGEMENT_URL` without a slash at the end.
    var base: String
    /// Where callbacks go.
    var url: String { base + "/webhook" }
    /// How long an answer is waited for.
    var timeout: Duration
    /// Where the tenants' applications are, unless a provisioner says it.
    var appPlaneURL: AppPlaneURL

    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        let base = reader.text("tenant.management.url") ?? "http://127.0.0.1:3005"
        guard HTTPURL(base)?.hasQuery == false else {
            throw ConfigurationFailure(
                key: "TENANT_MANAGEMENT_URL", reason: "must be an http or https URL, such as http://127.0.0.1:3005")
        }
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        timeout = try reader.milliseconds("callback.timeout.millis", default: 10_000, in: 10...60_000)
        let template = reader.text("app.plane.url.template") ?? "http://{key}.localhost"
        guard let appPlaneURL = AppPlaneURL(template: template) else {
            throw ConfigurationFailure(
                key: "APP_PLANE_URL_TEMPLATE",
                reason: "must be an http or https URL with no placeholders but {key}, {tenantId} and {tier}")
        }
        self.appPlaneURL = appPlaneURL
    }
}
