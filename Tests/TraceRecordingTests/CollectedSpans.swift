import Synchronization
import TraceRecording

/// A sink that keeps everything.
final class CollectedSpans: SpanSink {
    private let collected = Mutex<[SpanRecord]>([])

    var spans: [SpanRecord] { collected.withLock { $0 } }
    var names: [String] { spans.map(\.name) }

    func record(_ spans: [SpanRecord]) { collected.withLock { $0 += spans } }

    subscript(name: String) -> SpanRecord? { spans.first { $0.name == name } }
}
