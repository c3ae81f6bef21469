import Synchronization
package import TraceRecording
import WorkQueue

/// Spans that wait for their export. Its size is limited: what does not fit is dropped and counted, so that a receiver that is
/// away costs neither time nor memory.
package final class SpanQueue: SpanSink {
    private struct State {
        var spans: [SpanRecord] = []
        var dropped = 0
        var isClosed = false
    }

    /// Most spans that wait.
    package let capacity: Int
    /// As many as an export takes: when so many wait, the exporter is woken.
    let batchSize: Int
    let ready = AsyncSignal()
    private let state = Mutex(State())

    package init(capacity: Int, batchSize: Int) {
        self.capacity = capacity
        self.batchSize = batchSize
    }

    /// Adds spans, as many as fit.
    package func record(_ spans: [SpanRecord]) {
        let isReady = state.withLock { state in
            let room = state.isClosed ? 0 : max(capacity - state.spans.count, 0)
            state.dropped += max(spans.count - room, 0)
            let before = state.spans.count
            state.spans.append(contentsOf: spans.prefix(room))
            return before < batchSize && state.spans.count >= batchSize
        }
        if isReady { ready.signal() }
    }

    /// Spans that wait.
    package var count: Int { state.withLock { $0.spans.count } }

    /// Takes the oldest spans.
    func take() -> [SpanRecord] {
        state.withLock { state in
            let batch = Array(state.spans.prefix(batchSize))
            state.spans.removeFirst(batch.count)
            return batch
        }
    }

    /// The spans dropped since the last call.
    func takeDropped() -> Int {
        state.withLock { state in
            defer { state.dropped = 0 }
            return state.dropped
        }
    }

    /// Drops what comes from now on: nothing exports it any more.
    func close() { state.withLock { $0.isClosed = true } }
}
