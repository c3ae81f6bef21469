import Configuration
import ConfigurationChecks
import OutboundHTTP

/// Settings of the callbacks that the orchestrator sends.
struct CallbackConfiguration: Sendable {
    private enum Settings {
        static let url = Setting.text(
            "TENANT_MANAGEMENT_URL", default: "http://127.0.0.1:3005", values: "an http or https URL",
            "URL of tenant management, which receives callbacks and exported data"
        ) { HTTPURL($0)?.hasQuery == false }
        static let timeout = Setting.duration(
            "CALLBACK_TIMEOUT_MILLIS", default: 10_000, in: 10...60_000,
            "How long an answer is waited for. Callbacks are repeated until they are accepted; 409, 410 and 422 reject them permanently, other 4xx after a day"
        )
        static let appPlane = Setting.text(
            "APP_PLANE_URL_TEMPLATE", default: "http://{key}.localhost",
            values: "an http or https URL with no placeholders but {key}, {tenantId} and {tier}",
            "Link of the welcome mail, with `{key}`, `{tenantId}` and `{tier}`"
        ) { AppPlaneURL(template: $0) != nil }
    }

    static let configurationKeys = ConfigurationKeys(
        "callbacks", [Settings.url, Settings.timeout, Settings.appPlane])

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
        let base = try reader.value(Settings.url)
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        timeout = try reader.value(Settings.timeout)
        let template = try reader.value(Settings.appPlane)
        guard let appPlaneURL = AppPlaneURL(template: template) else {
            throw Settings.appPlane.description.failure(template)
        }
        self.appPlaneURL = appPlaneURL
    }
}
