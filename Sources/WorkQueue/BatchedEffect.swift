import Primitives
import Synchronization

/// Lets effects that are asked for while another one is under way take place together, for instance in one transaction. The first
/// one begins at once; nobody waits for company.
///
/// When a batch fails, each of its inputs is tried alone, so that one that cannot succeed does not fail the others. The effect
/// must therefore be all or nothing. While a dependency is away, the whole batch fails with that error.
package final class BatchedEffect<Input: Sendable>: Sendable {
    /// The effect on several inputs, in the order in which they came.
    package typealias Body = @Sendable ([Input]) async throws -> Void

    private struct Call {
        let number: Int
        let input: Input
    }

    private struct State {
        /// Calls that wait for the batch before them.
        var waiting: [Call] = []
        /// Of the calls that have no result yet.
        var continuations: [Int: CheckedContinuation<Void, any Error>] = [:]
        /// Calls that were canceled before they waited.
        var canceled: Set<Int> = []
        var lastNumber = 0
        var isWorking = false
    }

    private let limit: Int
    private let body: Body
    private let state = Mutex(State())

    /// Makes one that has nothing to do yet.
    /// - Parameter limit: Most inputs of a batch, from 1.
    package init(limit: Int = 100, _ body: @escaping Body) {
        self.limit = max(limit, 1)
        self.body = body
    }

    /// How many calls wait for the batch before them.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Returns when the effect on the input has taken place.
    /// - Throws: What the effect throws. `CancellationError` when the task is canceled; an effect that has begun goes on, and
    ///   its result is not known.
    package func callAsFunction(_ input: Input) async throws {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        // A cancellation that came too late leaves its mark.
        defer { state.withLock { _ = $0.canceled.remove(number) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                add(Call(number: number, input: input), continuation)
            }
        } onCancel: {
            cancel(number)
        }
    }

    private func add(_ call: Call, _ continuation: CheckedContinuation<Void, any Error>) {
        let (isCanceled, starts) = state.withLock { state in
            if state.canceled.remove(call.number) != nil { return (true, false) }
            state.waiting.append(call)
            state.continuations[call.number] = continuation
            defer { state.isWorking = true }
            return (false, !state.isWorking)
        }
        if isCanceled { continuation.resume(throwing: CancellationError()) }
        // A separate task, because the others must not end with the call that came first.
        if starts { Task { await self.work() } }
    }

    private func cancel(_ number: Int) {
        let continuation = state.withLock { state in
            state.waiting.removeAll { $0.number == number }
            let continuation = state.continuations.removeValue(forKey: number)
            if continuation == nil { state.canceled.insert(number) }
            return continuation
        }
        continuation?.resume(throwing: CancellationError())
    }

    private func work() async {
        while let batch = nextBatch() {
            do {
                try await body(batch.map(\.input))
                for call in batch { end(call, .success(())) }
            } catch {
                if batch.count > 1, !error.isDependencyUnavailable {
                    await tryAlone(batch)
                } else {
                    for call in batch { end(call, .failure(error)) }
                }
            }
        }
    }

    private func tryAlone(_ batch: [Call]) async {
        for call in batch {
            do {
                try await body([call.input])
                end(call, .success(()))
            } catch {
                end(call, .failure(error))
            }
        }
    }

    private func nextBatch() -> [Call]? {
        state.withLock { state in
            let batch = Array(state.waiting.prefix(limit))
            state.waiting.removeFirst(batch.count)
            if batch.isEmpty { state.isWorking = false }
            return batch.isEmpty ? nil : batch
        }
    }

    private func end(_ call: Call, _ result: Result<Void, any Error>) {
        state.withLock { $0.continuations.removeValue(forKey: call.number) }?.resume(with: result)
    }
}
