package import Logging
import Synchronization

/// Logs an outage when it begins, once a minute while it lasts, and when it is over, instead of at every attempt.
package final class OutageLog: Sendable {
    private struct State {
        var began: ContinuousClock.Instant?
        /// When the last line was written, about this outage or an earlier one.
        var logged: ContinuousClock.Instant?
        var isLogged = false
    }

    private let what: Logger.Message
    private let logger: Logger
    private let state = Mutex(State())
    private static let interval = Duration.seconds(60)

    /// - Parameter what: What cannot be done during the outage, for instance "work cannot be claimed".
    package init(_ what: Logger.Message, logger: Logger) {
        self.what = what
        self.logger = logger
    }

    /// An attempt failed.
    package func failed(_ error: any Error, metadata: Logger.Metadata = [:]) {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            state.began = state.began ?? now
            if let logged = state.logged, logged.duration(to: now) < Self.interval { return false }
            state.logged = now
            state.isLogged = true
            return true
        }
        guard isDue else { return }
        logger.error(what, metadata: metadata.merging(["error": "\(FailureReason.describing(error))"]) { $1 })
    }

    /// An attempt succeeded.
    package func succeeded() {
        let began = state.withLock { state in
            defer { (state.began, state.isLogged) = (nil, false) }
            return state.isLogged ? state.began : nil
        }
        guard let began else { return }
        logger.notice(
            "recovered from an outage",
            metadata: ["what": "\(what)", "seconds": "\(began.duration(to: .now).components.seconds)"])
    }
}
