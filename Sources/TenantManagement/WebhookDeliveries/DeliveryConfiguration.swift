import Configuration
import ConfigurationChecks
import WorkQueue

/// Settings of deliveries.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `WEBHOOK_CONCURRENCY` | 1 … 1024 | 64 | deliveries at the same time by one node |
/// | `WEBHOOK_CONCURRENCY_PER_ENDPOINT` | 1 … 64 | 4 | of them to one endpoint, by all nodes |
/// | `WEBHOOK_CONCURRENCY_PER_HOST` | 1 … 256 | 8 | of them to one host, or of one tenant |
/// | `WEBHOOK_TIMEOUT_SECONDS` | 1 … 60 | 20 | from the connection to the head of the answer |
/// | `WEBHOOK_RETRY_DELAYS_SECONDS` | | see ``RetryLadder`` | 1 to 30 delays of 1 to 604800 s, separated by commas |
/// | `WEBHOOK_DISABLE_AFTER_DAYS` | 1 … 365 | 5 | days of failures only after which an endpoint is disabled |
/// | `WEBHOOK_RETENTION_DAYS` | 4 … 3650 | 30 | how long deliveries are kept |
/// | `WEBHOOK_OPERATOR_EMAIL` | | | who gets a mail when an endpoint of the operator is disabled |
struct DeliveryConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = [
        "WEBHOOK_CONCURRENCY", "WEBHOOK_CONCURRENCY_PER_ENDPOINT", "WEBHOOK_CONCURRENCY_PER_HOST",
        "WEBHOOK_TIMEOUT_SECONDS", "WEBHOOK_RETRY_DELAYS_SECONDS", "WEBHOOK_DISABLE_AFTER_DAYS",
        "WEBHOOK_RETENTION_DAYS", "WEBHOOK_OPERATOR_EMAIL",
    ]

    let concurrency: Int
    let limits: DeliveryLimits
    let timeout: Duration
    let ladder: RetryLadder
    let patience: Duration
    let retention: Duration
    let operatorAddress: String?

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        concurrency = try reader.integer("webhook.concurrency", default: 64, in: 1...1024)
        limits = DeliveryLimits(
            perEndpoint: try reader.integer("webhook.concurrency.per.endpoint", default: 4, in: 1...64),
            perBulkhead: try reader.integer("webhook.concurrency.per.host", default: 8, in: 1...256))
        timeout = .seconds(try reader.integer("webhook.timeout.seconds", default: 20, in: 1...60))
        ladder = try Self.ladder(reader)
        patience = .seconds(86_400 * (try reader.integer("webhook.disable.after.days", default: 5, in: 1...365)))
        retention = .seconds(86_400 * (try reader.integer("webhook.retention.days", default: 30, in: 4...3650)))
        operatorAddress = reader.text("webhook.operator.email")
        if let operatorAddress, EmailAddress(operatorAddress) == nil {
            throw ConfigurationFailure(
                key: "WEBHOOK_OPERATOR_EMAIL", reason: "is \"\(operatorAddress)\", which is not an e-mail address")
        }
    }

    private static func ladder(_ reader: ConfigReader) throws(ConfigurationFailure) -> RetryLadder {
        guard let text = reader.text("webhook.retry.delays.seconds") else { return .standard }
        let delays = text.split(separator: ",", omittingEmptySubsequences: false).map { part -> Int? in
            Int(part.filter { $0 != " " }).flatMap { (1...604_800).contains($0) ? $0 : nil }
        }
        guard (1...30).contains(delays.count), !delays.contains(nil) else {
            throw ConfigurationFailure(
                key: "WEBHOOK_RETRY_DELAYS_SECONDS",
                reason: "is \"\(text)\", but must be 1 to 30 numbers of seconds from 1 to 604800, separated by commas")
        }
        return RetryLadder(delays: delays.compactMap(\.self).map { .seconds($0) })
    }

    var worker: WorkerConfiguration {
        WorkerConfiguration(
            concurrency: concurrency, bulkheadSize: limits.perBulkhead, lease: timeout + .seconds(20),
            // Attempts are counted by the ladder.
            maximumAttempts: .max, pollInterval: .seconds(2), drainTimeout: .seconds(4))
    }
}
