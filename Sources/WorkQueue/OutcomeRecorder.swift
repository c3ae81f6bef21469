import Logging
import Synchronization

/// Records how work ended: in canceled tasks too, and as often as it takes until the store answers. Outcomes that come
/// while others are being recorded travel together.
final class OutcomeRecorder<Store: LeasedStore>: Sendable {
    private struct Entry {
        let item: Store.Item
        let settlement: Settlement<Store.Output>
        /// Resumed with whether the claim was still valid; nil when that is not known.
        let continuation: CheckedContinuation<Bool?, Never>
    }

    private struct State {
        var pending: [Entry] = []
        var isRecording = false
        /// Attempts in a row that failed.
        var failures = 0
    }

    private let store: Store
    private let backOff: BackOff
    private let lifetime: WorkerLifetime
    private let outage: OutageLog
    private let state = Mutex(State())

    init(store: Store, backOff: BackOff, lifetime: WorkerLifetime, logger: Logger) {
        self.store = store
        self.backOff = backOff
        self.lifetime = lifetime
        outage = OutageLog("outcomes of work cannot be recorded, trying again", logger: logger)
    }

    /// Whether outcomes wait for a store that does not answer.
    var isFailing: Bool { state.withLock { $0.failures > 0 } }

    /// Records an outcome.
    /// - Returns: Whether the claim was still valid; nil when that is not known.
    func record(_ item: Store.Item, _ settlement: Settlement<Store.Output>) async -> Bool? {
        await withCheckedContinuation { continuation in
            let starts = state.withLock { state in
                state.pending.append(Entry(item: item, settlement: settlement, continuation: continuation))
                defer { state.isRecording = true }
                return !state.isRecording
            }
            // A separate task, which nobody cancels.
            if starts { Task { await self.recordPending() } }
        }
    }

    private func recordPending() async {
        while true {
            let (batch, wasFailing) = state.withLock { state in
                defer { state.pending = [] }
                let wasFailing = state.failures > 0
                if state.pending.isEmpty {
                    state.isRecording = false
                    state.failures = 0
                }
                return (state.pending, wasFailing)
            }
            if batch.isEmpty {
                // Everything that was done is recorded: new work may be claimed.
                if wasFailing { lifetime.signals.reconnected.signal() }
                return
            }
            await record(batch)
        }
    }

    private func record(_ batch: [Entry]) async {
        let store = self.store
        let result = await repeating(backOff: backOff, outage: outage, while: { self.triesAgain(afterFailures: $0) }) {
            try await store.settle(batch.map { ($0.item, $0.settlement) })
        }
        switch result {
        case .success(let valid):
            for entry in batch { entry.continuation.resume(returning: valid.contains(entry.item.handle)) }
        case .failure(let error) where batch.count > 1 && !error.isDependencyUnavailable:
            // One of them cannot be stored: the others can.
            for entry in batch { await record([entry]) }
        case .failure:
            for entry in batch { entry.continuation.resume(returning: nil) }
        }
    }

    private func triesAgain(afterFailures failures: Int) -> Bool {
        state.withLock { $0.failures = failures }
        return lifetime.mayRecord
    }
}
