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

    static let configurationKeys: ConfigurationKeys = ["EVENT_FEED_RETENTION_DAYS"]

    /// `EVENT_FEED_RETENTION_DAYS`, 1 to 3650 (default 30).
    /// - Throws: ``ConfigurationFailure`` when the value is out of range.
    static func period(_ reader: ConfigReader) throws(ConfigurationFailure) -> Duration {
        .seconds(86_400 * (try reader.integer("event.feed.retention.days", default: 30, in: 1...3650)))
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
