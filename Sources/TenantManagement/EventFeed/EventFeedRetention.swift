import Configuration
import ConfigurationChecks
import Logging
import PostgresClient
import Primitives
import ServiceKit
import ServiceLifecycle

/// Once an hour, deletes events of the feed that are older than their retention.
struct EventFeedRetention: Service {
    let repository: EventFeedRepository
    let retention: Duration
    let clock: any WallClock
    let logger: Logger

    private static let setting = Setting.duration(
        "EVENT_FEED_RETENTION_DAYS", default: 30, in: 1...3650, "How long events are kept in the feed")

    static let configurationKeys = ConfigurationKeys("feed of events", [setting])

    /// - Throws: ``ConfigurationFailure`` when the value is out of range.
    static func period(_ reader: ConfigReader) throws(ConfigurationFailure) -> Duration {
        try reader.value(setting)
    }

    func run() async throws {
        await PeriodicWork.run("event_feed_retention", every: .seconds(3600), after: .seconds(60)) { await purge() }
    }

    /// One round: batches until nothing is left to delete.
    func purge() async {
        let instant = clock.now().adding(.zero - retention)
        do {
            while try await repository.purge(before: instant) == EventFeedRepository.purgeSize, !Task.isCancelled {}
        } catch {
            logger.warning("Old events of the feed could not be deleted", metadata: ["error": "\(error)"])
        }
    }
}
