import Primitives
import Synchronization
import TraceRecording

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
        /// Where the call is in its trace.
        let trace: TraceContext?
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
                add(Call(number: number, input: input, trace: CurrentSpan.traceContext), continuation)
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
        if starts { CurrentSpan.cleared { _ = Task { await self.work() } } }
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
                try await perform(batch)
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

    /// Runs the effect: within the span of its only call, or within a span that is linked to those of all calls, because it
    /// belongs to several traces.
    private func perform(_ batch: [Call]) async throws {
        let traces = batch.compactMap(\.trace)
        guard let first = traces.first, let recorder = SpanRecorder.ofTask else {
            return try await body(batch.map(\.input))
        }
        let isShared = Set(traces).count > 1
        let span = recorder.start("batch", kind: .internal, parent: isShared ? nil : first)
        if isShared { for trace in traces { span.link(trace) } }
        defer { span.finish() }
        do {
            try await CurrentSpan.run(span) { try await body(batch.map(\.input)) }
        } catch {
            span.fail(String(describing: type(of: error)))
            throw error
        }
    }

    private func tryAlone(_ batch: [Call]) async {
        for call in batch {
            do {
                try await perform([call])
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
