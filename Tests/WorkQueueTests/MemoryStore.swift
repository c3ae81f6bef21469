import Logging
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import WorkQueue

let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

struct Away: DependencyError { let isDependencyUnavailable = true }
struct Unlucky: Error {}
struct Hopeless: PermanentFailure { let reason = "hopeless" }

/// Work in memory on a clock that moves when the test moves it. The handle is a text, as a receipt is.
final class MemoryStore: LeasedStore {
    struct Item: LeasedItem {
        let handle: String
        let name: String
        let failures: Int
        let bulkheads: [String]
        let lane: String?
        var description: WorkDescription {
            WorkDescription(queue: "test", kind: "test", id: name, attempt: failures + 1)
        }
    }

    struct Row {
        var failures = 0
        var dueAt = Timestamp(seconds: 0)
        var handle: String?
        var bulkheads: [String] = []
        var lane: String?
        var deadReason: String?
        var output: String?
        var isFinished: Bool { deadReason != nil || output != nil }
    }

    private struct State {
        var rows: [String: Row] = [:]
        var claims = 0
        var isAway = false
        var refusedSettlements = 0
        var renewals = 0
        var unstorable: String?
        var signals: WorkSignals?
    }

    private let state = Mutex(State())
    let clock = ManualClock(Timestamp(seconds: 1000))

    func add(_ names: String..., bulkhead: String? = nil, lane: String? = nil) {
        let signals = state.withLock { state in
            for name in names { state.rows[name] = Row(bulkheads: bulkhead.map { [$0] } ?? [], lane: lane) }
            return state.signals
        }
        signals?.work.signal()
    }

    func advance(by duration: Duration) {
        clock.advance(by: duration)
        state.withLock { $0.signals }?.work.signal()
    }

    func row(_ name: String) -> Row { state.withLock { $0.rows[name] ?? Row() } }
    var rows: [String: Row] { state.withLock { $0.rows } }
    var refusedSettlements: Int { state.withLock { $0.refusedSettlements } }
    /// How often leases were renewed.
    var renewals: Int { state.withLock { $0.renewals } }
    /// The outcome of this work cannot be stored.
    func refuseOutcome(of name: String) { state.withLock { $0.unstorable = name } }
    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }
    /// Somebody else claims the work, as after the end of a lease.
    func steal(_ name: String) {
        state.withLock { state in
            state.rows[name]?.handle = "stolen"
            state.rows[name]?.dueAt = Timestamp(seconds: .max)
        }
    }

    func claim(_ request: ClaimRequest) async throws -> [Item] {
        let now = clock.now()
        return try state.withLock { state in
            if state.isAway { throw Away() }
            let open = state.rows.filter { !$0.value.isFinished }
            let busyLanes = Set(open.values.filter { $0.dueAt > now }.compactMap(\.lane))
            let due = open.filter { row in
                row.value.dueAt <= now && request.fullBulkheads.isDisjoint(with: row.value.bulkheads)
                    && !busyLanes.contains(row.value.lane ?? "")
            }
            // One lane counts as one: these tests use a single one.
            let names = due.keys.sorted { (due[$0]?.lane ?? "", $0) < (due[$1]?.lane ?? "", $1) }
            return names.prefix(due.values.contains { $0.lane != nil } ? request.runLength : request.limit).map {
                name in
                state.claims += 1
                let handle = "\(name)#\(state.claims)"
                state.rows[name]?.handle = handle
                state.rows[name]?.dueAt = now.adding(request.lease)
                return Item(
                    handle: handle, name: name, failures: due[name]?.failures ?? 0,
                    bulkheads: due[name]?.bulkheads ?? [], lane: due[name]?.lane)
            }
        }
    }

    func renew(_ items: [Item], lease: Duration) async throws -> Set<String> {
        let now = clock.now()
        return try state.withLock { state in
            if state.isAway { throw Away() }
            state.renewals += 1
            let valid = items.filter { state.rows[$0.name]?.handle == $0.handle }
            for item in valid { state.rows[item.name]?.dueAt = now.adding(lease) }
            return Set(valid.map(\.handle))
        }
    }

    func settle(_ settlements: [(item: Item, settlement: Settlement<String>)]) async throws -> Set<String> {
        let now = clock.now()
        return try state.withLock { state in
            if state.isAway {
                state.refusedSettlements += 1
                throw Away()
            }
            if settlements.contains(where: { $0.item.name == state.unstorable }) { throw Unlucky() }
            var valid: Set<String> = []
            for (item, settlement) in settlements {
                guard var row = state.rows[item.name], row.handle == item.handle else { continue }
                valid.insert(item.handle)
                row.handle = nil
                row.dueAt = now
                switch settlement {
                case .done(let output): row.output = output
                case .retry(let delay, _):
                    row.failures += 1
                    row.dueAt = now.adding(delay)
                case .deadLetter(let reason):
                    row.failures += 1
                    row.deadReason = reason
                case .released(let delay): row.dueAt = now.adding(delay)
                }
                state.rows[item.name] = row
            }
            return valid
        }
    }

    func timeUntilDue() async throws -> Duration? { nil }

    func watch(_ signals: WorkSignals) async {
        state.withLock { $0.signals = signals }
        signals.work.signal()
    }
}

/// Runs a worker beside a body, and cancels it when the body is done.
func running(_ worker: LeasedWorker<MemoryStore>, _ body: () async throws -> Void) async throws {
    let task = Task { await worker.run() }
    try await withCleanup(body) {
        task.cancel()
        await task.value
    }
}
