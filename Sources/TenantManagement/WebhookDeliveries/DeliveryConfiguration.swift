import Configuration
import ConfigurationChecks
import WorkQueue

/// Settings of deliveries.
struct DeliveryConfiguration: Sendable {
    private enum Settings {
        static let concurrency = Setting.integer(
            "WEBHOOK_CONCURRENCY", default: 64, in: 1...1024, "Deliveries at the same time by one node")
        static let perEndpoint = Setting.integer(
            "WEBHOOK_CONCURRENCY_PER_ENDPOINT", default: 4, in: 1...64,
            "Of these to one endpoint, by all nodes together")
        static let perHost = Setting.integer(
            "WEBHOOK_CONCURRENCY_PER_HOST", default: 8, in: 1...256,
            "Of these to one host, or to endpoints of one tenant")
        static let timeout = Setting.duration(
            "WEBHOOK_TIMEOUT_SECONDS", default: 20, in: 1...60,
            "Time from the connection to the head of the answer of a receiver")
        static let ladder = Setting<RetryLadder>.parsed(
            "WEBHOOK_RETRY_DELAYS_SECONDS", default: .standard, unset: "5,300,1800,7200,18000,36000,50400,72000,86400",
            values: "1 to 30 numbers of seconds from 1 to 604800, separated by commas",
            "Delays after the first, second, … failed attempt of a delivery; up to a fifth is added at random"
        ) { text in
            let delays = text.split(separator: ",", omittingEmptySubsequences: false).map { part -> Int? in
                Int(part.filter { $0 != " " }).flatMap { (1...604_800).contains($0) ? $0 : nil }
            }
            guard (1...30).contains(delays.count), !delays.contains(nil) else { return nil }
            return RetryLadder(delays: delays.compactMap(\.self).map { .seconds($0) })
        }
        static let patience = Setting.duration(
            "WEBHOOK_DISABLE_AFTER_DAYS", default: 5, in: 1...365,
            "An endpoint that has only failed for so long is disabled")
        static let retention = Setting.duration(
            "WEBHOOK_RETENTION_DAYS", default: 30, in: 4...3650, "How long deliveries of webhooks are kept")
        static let operatorAddress = Setting.optionalText(
            "WEBHOOK_OPERATOR_EMAIL", values: "an e-mail address",
            "Who gets a mail when an endpoint of the operator is disabled; for endpoints of a tenant it is its primary contact"
        ) { EmailAddress($0) != nil }
    }

    static let configurationKeys = ConfigurationKeys(
        "webhook deliveries",
        [
            Settings.concurrency, Settings.perEndpoint, Settings.perHost, Settings.timeout, Settings.ladder,
            Settings.patience, Settings.retention, Settings.operatorAddress,
        ])

    let concurrency: Int
    let limits: DeliveryLimits
    let timeout: Duration
    let ladder: RetryLadder
    let patience: Duration
    let retention: Duration
    let operatorAddress: String?

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        concurrency = try reader.value(Settings.concurrency)
        limits = DeliveryLimits(
            perEndpoint: try reader.value(Settings.perEndpoint), perBulkhead: try reader.value(Settings.perHost))
        timeout = try reader.value(Settings.timeout)
        ladder = try reader.value(Settings.ladder)
        patience = try reader.value(Settings.patience)
        retention = try reader.value(Settings.retention)
        operatorAddress = try reader.value(Settings.operatorAddress)
    }

    var worker: WorkerConfiguration {
        WorkerConfiguration(
            concurrency: concurrency, bulkheadSize: limits.perBulkhead, lease: timeout + .seconds(20),
            // Attempts are counted by the ladder.
            maximumAttempts: .max, pollInterval: .seconds(2), drainTimeout: .seconds(4))
    }
}
