import Primitives
import Synchronization
import TestSupport
import Testing

@testable import WorkQueue

@Suite(.timeLimit(.minutes(20)))
struct BatchedEffectTests {
    private struct Unlucky: Error, Equatable {}

    private struct Away: DependencyError, Equatable {
        var isDependencyUnavailable: Bool { true }
    }

    /// An effect that records its batches. The first one waits until it is released.
    private final class Recorder: Sendable {
        let batches = Mutex<[[Int]]>([])
        let isReleased = Mutex(false)

        func record(_ inputs: [Int]) async throws {
            let isFirst = batches.withLock { batches in
                batches.append(inputs)
                return batches.count == 1
            }
            guard isFirst else { return }
            try await eventually("the first batch may end") { self.isReleased.withLock { $0 } }
        }

        func release() { isReleased.withLock { $0 = true } }
    }

    /// Starts calls one after the other, so that their order is known.
    private func start<Input>(
        _ inputs: [Input], _ effect: BatchedEffect<Input>, waiting: @Sendable (Int) -> Bool
    ) async throws -> [Task<Void, any Error>] {
        var calls: [Task<Void, any Error>] = []
        for (index, input) in inputs.enumerated() {
            calls.append(Task { try await effect(input) })
            try await eventually("call \(index) waits", every: .milliseconds(1)) { waiting(index) }
        }
        return calls
    }

    @Test func `calls that come while one is under way go together, in their order and up to the limit`() async throws {
        let recorder = Recorder()
        let effect = BatchedEffect<Int>(limit: 3) { try await recorder.record($0) }
        let calls = try await start([1, 2, 3, 4, 5, 6], effect) { index in
            index == 0 ? recorder.batches.withLock { $0.count == 1 } : effect.waitingCount == index
        }
        recorder.release()
        for call in calls { try await call.value }
        #expect(recorder.batches.withLock { $0 } == [[1], [2, 3, 4], [5, 6]])
        try await effect(7)
        #expect(recorder.batches.withLock { $0.last } == [7])
    }

    @Test func `an input that cannot succeed fails alone`() async throws {
        let recorder = Recorder()
        let effect = BatchedEffect<Int> { inputs in
            try await recorder.record(inputs)
            if inputs.contains(3) { throw Unlucky() }
        }
        let calls = try await start([1, 2, 3, 4], effect) { index in
            index == 0 ? recorder.batches.withLock { $0.count == 1 } : effect.waitingCount == index
        }
        recorder.release()
        try await calls[0].value
        try await calls[1].value
        await #expect(throws: Unlucky()) { try await calls[2].value }
        try await calls[3].value
        #expect(recorder.batches.withLock { $0 } == [[1], [2, 3, 4], [2], [3], [4]])
    }

    @Test func `while a dependency is away, a batch is not tried again`() async throws {
        let recorder = Recorder()
        let effect = BatchedEffect<Int> { inputs in
            try await recorder.record(inputs)
            if inputs.count > 1 { throw Away() }
        }
        let calls = try await start([1, 2, 3], effect) { index in
            index == 0 ? recorder.batches.withLock { $0.count == 1 } : effect.waitingCount == index
        }
        recorder.release()
        try await calls[0].value
        await #expect(throws: Away()) { try await calls[1].value }
        await #expect(throws: Away()) { try await calls[2].value }
        #expect(recorder.batches.withLock { $0 } == [[1], [2, 3]])
    }

    @Test func `a canceled call ends at once, and one that waits does not take place`() async throws {
        let recorder = Recorder()
        let effect = BatchedEffect<Int> { try await recorder.record($0) }
        let calls = try await start([1, 2, 3], effect) { index in
            index == 0 ? recorder.batches.withLock { $0.count == 1 } : effect.waitingCount == index
        }
        calls[0].cancel()
        calls[1].cancel()
        await #expect(throws: CancellationError.self) { try await calls[0].value }
        await #expect(throws: CancellationError.self) { try await calls[1].value }
        let late = Task {
            try? await Task.sleep(for: .seconds(3600))
            try await effect(4)
        }
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
        recorder.release()
        try await calls[2].value
        #expect(recorder.batches.withLock { $0 } == [[1], [3]])
    }
}
