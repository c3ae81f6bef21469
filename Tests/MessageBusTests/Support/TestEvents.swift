import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Synchronization
import Testing

@testable import MessageBus

/// Events as the tests need them: numbered within a tenant, the number in `data`.
func numbered(_ number: Int, of tenant: Identifier?, type: String = "TENANT_CREATED") throws -> EventEnvelope {
    let now = SystemClock().now()
    return try EventEnvelope(
        id: .v7(at: now), type: type, tenantID: tenant, occurredAt: now, data: Array("{\"number\":\(number)}".utf8))
}

extension EventEnvelope {
    /// The number that ``numbered(_:of:type:)`` gave it.
    var number: Int {
        get throws { try #require(try JSONValue.parse(data)["number"]?.intValue) }
    }
}

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

/// Numbers by tenant, in the order of the events.
func numbersByTenant(_ events: [EventEnvelope]) throws -> [Identifier: [Int]] {
    var numbers: [Identifier: [Int]] = [:]
    for event in events { numbers[event.orderingKey, default: []].append(try event.number) }
    return numbers
}

/// Runs services beside a body, and cancels them when it is done.
func running(_ services: [@Sendable () async throws -> Void], _ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for service in services { group.addTask { try await service() } }
        try await body()
        group.cancelAll()
    }
}
