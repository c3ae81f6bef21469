package import Logging
import Synchronization

/// Limits how often a line with the same text is written, so that an outage fills neither disks nor bills. What is left out is
/// counted, and a line says how much it was: nothing is lost without notice.
///
/// The memory is limited: of more different texts than it has places for, all lines are written.
package final class LogSampler: Sendable {
    /// What happens with a line.
    enum Decision: Sendable, Hashable {
        case write
        case leaveOut
    }

    /// Lines that were left out.
    package struct Summary: Sendable, Hashable {
        package let level: Logger.Level
        package let label: String
        package let message: String
        package let count: Int
    }

    private struct Key: Hashable {
        let level: Logger.Level
        let label: String
        let message: String
    }

    private struct Repetition {
        var written = 0
        var leftOut = 0
        var began: ContinuousClock.Instant
    }

    private struct State {
        var repetitions: [Key: Repetition] = [:]
        var awaitsSummary = false
    }

    /// How often a line is written in ``window``; errors ten times as often. 0: always.
    package let limit: Int
    package let window: Duration
    private static let capacity = 512
    private let state = Mutex(State())

    package init(limit: Int, window: Duration = .seconds(10)) {
        self.limit = limit
        self.window = window
    }

    /// Decides on a line. Below `info` nothing is left out: whoever asks for such lines wants all of them.
    /// - Parameter summarize: Called later with what was left out, once for each text.
    func decide(
        _ level: Logger.Level, label: String, message: String, now: ContinuousClock.Instant = .now,
        summarize: @escaping @Sendable (Summary) -> Void
    ) -> Decision {
        guard limit > 0, level >= .info else { return .write }
        let limit = level >= .error ? limit * 10 : limit
        let key = Key(level: level, label: label, message: message)
        let (decision, summaries, schedules) = state.withLock { state -> (Decision, [Summary], Bool) in
            var repetition = state.repetitions[key] ?? Repetition(began: now)
            var summaries: [Summary] = []
            if repetition.began.duration(to: now) >= window {
                if repetition.leftOut > 0 { summaries.append(Self.summary(key, repetition)) }
                repetition = Repetition(began: now)
            }
            if state.repetitions[key] == nil, state.repetitions.count >= Self.capacity {
                state.repetitions = state.repetitions.filter { _, repetition in
                    repetition.leftOut > 0 || repetition.began.duration(to: now) < window
                }
                if state.repetitions.count >= Self.capacity { return (.write, summaries, false) }
            }
            let isWritten = repetition.written < limit
            if isWritten { repetition.written += 1 } else { repetition.leftOut += 1 }
            state.repetitions[key] = repetition
            let schedules = !isWritten && !state.awaitsSummary
            if schedules { state.awaitsSummary = true }
            return (isWritten ? .write : .leaveOut, summaries, schedules)
        }
        for summary in summaries { summarize(summary) }
        // Nobody may ever write the line again, so a summary does not wait for it.
        if schedules {
            Task.detached { [self] in
                try? await Task.sleep(for: window, clock: .continuous)
                for summary in takeSummaries() { summarize(summary) }
            }
        }
        return decision
    }

    /// What was left out since the last call. The windows of these lines go on, so a summary does not allow more of them.
    package func takeSummaries() -> [Summary] {
        state.withLock { state in
            state.awaitsSummary = false
            var summaries: [Summary] = []
            for (key, repetition) in state.repetitions where repetition.leftOut > 0 {
                summaries.append(Self.summary(key, repetition))
                state.repetitions[key]?.leftOut = 0
            }
            return summaries.sorted { ($0.label, $0.message) < ($1.label, $1.message) }
        }
    }

    private static func summary(_ key: Key, _ repetition: Repetition) -> Summary {
        Summary(level: key.level, label: key.label, message: key.message, count: repetition.leftOut)
    }
}
