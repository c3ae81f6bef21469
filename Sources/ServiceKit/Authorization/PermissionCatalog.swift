/// The codes of what callers may do. Those of the original have their names in `PermissionCatalog+Contract.swift`; a new
/// operation adds its code here.
package enum PermissionCatalog {
    /// The original's codes.
    package static let original: [String] =
        codes(1...12) + codes(5321...5329) + codes(5331...5333) + codes(7001...7008) + codes(7013...7035)
        + codes(8000...8003) + codes(10_200...10_216) + codes(10_220...10_223)
        + ["Feature", "Strategy", "FeatureValues"].flatMap { subject in
            ["View", "Create", "Update", "Delete"].map { $0 + subject }
        }

    /// Reading the log of events and dead letters.
    package static let viewEvents = "10240"
    /// Publishing events again.
    package static let replayEvents = "10241"
    /// Trying dead letters again.
    package static let retryEvents = "10242"
    /// The codes of events, which the original does not have.
    private static let events = [viewEvents, replayEvents, retryEvents]

    /// Reading how far the provisioning, deprovisioning and moves of tenants are.
    package static let viewProvisioning = "10245"
    /// Resuming, skipping and aborting them.
    package static let operateProvisioning = "10246"
    /// The codes of provisioning, which the original does not have.
    private static let provisioning = [viewProvisioning, operateProvisioning]

    /// Suspending and reactivating tenants.
    package static let suspendTenant = "10250"
    /// Off-boarding tenants, and canceling that.
    package static let offboardTenant = "10251"
    /// Exporting all that belongs to a tenant.
    package static let exportTenant = "10252"
    /// Erasing personal data of an off-boarded tenant.
    package static let eraseTenant = "10253"
    /// The codes of the life of a tenant, which the original does not have.
    private static let lifecycle = [suspendTenant, offboardTenant, exportTenant, eraseTenant]

    /// Adding endpoints of webhooks.
    package static let createWebhook = "10260"
    /// Changing endpoints of webhooks, rotating their secrets, tests and replays.
    package static let updateWebhook = "10261"
    /// Deleting endpoints of webhooks.
    package static let deleteWebhook = "10262"
    /// Reading endpoints of webhooks, their deliveries, and the feed of events.
    package static let viewWebhook = "10263"
    /// Seeing the secret of an endpoint after it was created.
    package static let viewWebhookSecret = "10264"
    /// The codes of webhooks, which the original does not have.
    private static let webhooks = [createWebhook, updateWebhook, deleteWebhook, viewWebhook, viewWebhookSecret]

    /// Moving the data of tenants, and confirming that.
    package static let moveTenant = "10265"
    /// The codes of moves, which the original does not have.
    private static let moves = [moveTenant]

    /// Reading the metrics of a service.
    package static let viewMetrics = "10287"
    /// Reading the statistics of the requests of a service.
    package static let viewStatistics = "10288"
    /// The codes of observability, which the original does not have.
    private static let observability = [viewMetrics, viewStatistics]

    /// Seeing roles.
    package static let viewRoles = "10275"
    /// Adding, changing and deleting roles.
    package static let manageRoles = "10276"
    /// The codes of roles, which the original does not have.
    private static let roles = [viewRoles, manageRoles]

    /// Adding API keys.
    package static let createAPIKey = "10270"
    /// Seeing API keys, without their secrets.
    package static let viewAPIKey = "10271"
    /// Changing names of API keys, and rotating them.
    package static let updateAPIKey = "10272"
    /// Deleting API keys.
    package static let deleteAPIKey = "10273"
    /// Revoking tokens, and seeing which ones are.
    package static let revokeTokens = "10274"
    /// The codes of credentials, which the original does not have.
    private static let credentials = [createAPIKey, viewAPIKey, updateAPIKey, deleteAPIKey, revokeTokens]

    /// Seeing the sessions of other operators.
    package static let viewSessions = "10280"
    /// Ending the sessions of other operators.
    package static let revokeSessions = "10281"
    /// The codes of sessions, which the original does not have.
    private static let sessions = [viewSessions, revokeSessions]

    /// Adding meters of usage.
    package static let createMeter = "10310"
    /// Changing meters of usage.
    package static let updateMeter = "10311"
    /// Deleting meters of usage.
    package static let deleteMeter = "10312"
    /// Reading meters of usage.
    package static let viewMeter = "10313"
    /// Reporting what tenants have used.
    package static let reportUsage = "10314"
    /// Reading what tenants have used.
    package static let viewUsage = "10315"
    /// Reading what tenants have of features, and what is left.
    package static let viewEntitlements = "10316"
    /// Taking parts of the limits of tenants.
    package static let reserveEntitlement = "10317"
    /// Getting signed tokens of what tenants have of features.
    package static let issueEntitlementToken = "10318"
    /// The codes of usage and entitlements, which the original does not have.
    private static let usage = [
        createMeter, updateMeter, deleteMeter, viewMeter, reportUsage, viewUsage, viewEntitlements, reserveEntitlement,
        issueEntitlementToken,
    ]

    /// Reading the audit log.
    package static let viewAuditLog = "10285"
    /// The codes of the audit log, which the original does not have.
    private static let auditLog = [viewAuditLog]

    /// Making, moving and deleting the test clocks of tenants.
    package static let manageTestClocks = "10290"
    /// The codes of test clocks, which the original does not have.
    private static let testClocks = [manageTestClocks]

    /// All codes that operations of any service ask for, and those of the original that none asks for.
    package static let all: [String] =
        original + events + provisioning + lifecycle + webhooks + moves + roles + sessions
        + observability + auditLog + credentials + usage + testClocks

    /// Whether operations may ask for a code. Of characters that Swift compares as equal to ASCII ones, none is a code.
    package static func isKnown(_ code: String) -> Bool {
        code.utf8.allSatisfy { $0 < 0x80 } && known.contains(code)
    }

    private static let known = Set(all)

    private static func codes(_ range: ClosedRange<Int>) -> [String] { range.map(String.init) }
}
