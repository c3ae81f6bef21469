import PostgresClient
import Primitives
import Synchronization

@testable import MessageBus

extension PostgresPool {
    /// Commits events as a service does: in one pipelined transaction in the system's scope.
    func commit(_ events: EventEnvelope...) async throws {
        try await commit(events)
    }

    func commit(_ events: [EventEnvelope]) async throws {
        var batch = PostgresBatch(settings: [PostgresSetting("app.tenant_id", "*")])
        for event in events { batch.add(event) }
        _ = try await run(batch)
    }
}

/// Accepts events in order, and fails as its script says.
final class RecordingConnector: EventConnector {
    typealias Script = @Sendable (_ event: EventEnvelope, _ attempt: Int) throws(MessageBusError) -> PublishOutcome

    private struct State {
        var published: [EventEnvelope] = []
        var attempts: [Identifier: Int] = [:]
        var calls = 0
    }

    private let state = Mutex(State())
    private let script: Script
    let maximumBatchSize: Int
    let maximumRunLength: Int

    init(
        maximumBatchSize: Int = 1000, maximumRunLength: Int = 1, script: @escaping Script = { _, _ in .published }
    ) {
        self.maximumBatchSize = maximumBatchSize
        self.maximumRunLength = maximumRunLength
        self.script = script
    }

    func publish(_ events: [EventEnvelope]) async throws(MessageBusError) -> [PublishOutcome] {
        state.withLock { $0.calls += 1 }
        var outcomes: [PublishOutcome] = []
        var failed: Set<Identifier> = []
        for event in events {
            if failed.contains(event.orderingKey) {
                outcomes.append(.held)
                continue
            }
            let attempt = state.withLock { state in
                state.attempts[event.id, default: 0] += 1
                return state.attempts[event.id] ?? 1
            }
            let outcome = try script(event, attempt)
            if case .failed = outcome { failed.insert(event.orderingKey) }
            if outcome == .published { state.withLock { $0.published.append(event) } }
            outcomes.append(outcome)
        }
        return outcomes
    }

    /// Everything that was published, duplicates too.
    var published: [EventEnvelope] { state.withLock { $0.published } }

    /// What a consumer with an inbox would see: the first time of each event.
    var firstTimes: [EventEnvelope] {
        var seen: Set<Identifier> = []
        return published.filter { seen.insert($0.id).inserted }
    }

    /// How often it was called.
    var calls: Int { state.withLock { $0.calls } }

    func attempts(for event: EventEnvelope) -> Int { state.withLock { $0.attempts[event.id] ?? 0 } }
}
