package import Logging

/// Something that happens around every handler of a worker: metrics, traces, logs.
///
/// What a handler throws has become a settlement already when it comes out of `next`, so a middleware sees what will
/// be recorded, and may return another settlement.
package protocol WorkMiddleware: Sendable {
    /// Handles the work by calling `next` once.
    func handle<Output: Sendable>(
        _ work: WorkDescription, next: () async -> Settlement<Output>
    ) async -> Settlement<Output>
}

/// Logs failed attempts and dead letters.
package struct WorkLog: WorkMiddleware {
    private let logger: Logger

    /// Logs to the given logger.
    package init(_ logger: Logger) { self.logger = logger }

    /// Logs what comes out of the handler.
    package func handle<Output: Sendable>(
        _ work: WorkDescription, next: () async -> Settlement<Output>
    ) async -> Settlement<Output> {
        let settlement = await next()
        switch settlement {
        case .retry(let delay, let reason):
            logger.warning(
                "attempt failed, trying again",
                metadata: work.logMetadata(["reason": "\(reason)", "delay": "\(delay)"]))
        case .deadLetter(let reason):
            logger.error("moved to dead letters", metadata: work.logMetadata(["reason": "\(reason)"]))
        case .done, .released: break
        }
        return settlement
    }
}

extension WorkDescription {
    /// The description as log metadata.
    package func logMetadata(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
        let common: Logger.Metadata = [
            "queue": "\(queue)", "kind": "\(kind)", "id": "\(id)", "attempt": "\(attempt)",
        ]
        return common.merging(metadata) { $1 }.merging(more) { $1 }
    }
}
