package import Primitives
import Synchronization
package import Tracing

/// A span: a piece of work with its start, its end and what it belongs to.
///
/// A span whose trace is not recorded only carries the identifiers, so that callees make the same decision.
///
/// The first span of a request whose client sent no `traceparent` can join the trace of something earlier while it is open:
/// see ``join(_:)``. Its descendants are handed on together with it, because the trace to which they belong is known only then.
package final class TraceSpan: Tracing.Span {
    private struct State {
        var record: SpanRecord
        var isRecording: Bool
        var isEnded = false
        /// Whether the trace may still change.
        var canJoin: Bool
        /// Descendants that have ended.
        var collected: [SpanRecord] = []
    }

    package let recorder: SpanRecorder
    /// The span whose trace it shares even if that changes; nil if its own trace is final.
    private let root: TraceSpan?
    /// What else travels with the context in which it was started.
    private let outer: InstrumentationContext?
    private let state: Mutex<State>

    /// How many descendants wait for the end of the first span of a request.
    private static let maximumCollected = 64

    init(
        _ record: SpanRecord, isRecording: Bool, canJoin: Bool = false, root: TraceSpan? = nil,
        outer: InstrumentationContext? = nil, recorder: SpanRecorder
    ) {
        self.recorder = recorder
        self.root = root
        self.outer = outer
        state = Mutex(State(record: record, isRecording: isRecording, canJoin: canJoin))
    }

    /// Where the span is: the parent of what happens within it.
    package var traceContext: TraceContext {
        let (own, state) = self.state.withLock { ($0.record.context, $0.record.traceState) }
        let (trace, shared) = root.map { ($0.traceContext.traceID, $0.traceState) } ?? (own.traceID, state)
        return TraceContext(traceID: trace, spanID: own.spanID, flags: own.flags, state: shared)
    }

    /// The `tracestate` to send with ``traceContext``.
    package var traceState: String? { root?.traceState ?? state.withLock { $0.record.traceState } }

    package var isRecording: Bool { state.withLock { $0.isRecording && !$0.isEnded } }

    // MARK: Children

    /// Starts a span within this one; nil if the trace is not recorded.
    package func child(_ name: String, kind: SpanRecord.Kind, attributes: [Attribute] = []) -> TraceSpan? {
        child(name, kind: kind, attributes: attributes, start: recorder.now(), outer: nil)
    }

    func child(
        _ name: String, kind: SpanRecord.Kind, attributes: [Attribute] = [], start: UInt64,
        outer: InstrumentationContext?
    ) -> TraceSpan? {
        let (isRecording, canJoin) = state.withLock { ($0.isRecording, $0.canJoin) }
        guard isRecording else { return nil }
        let parent = traceContext
        let context = TraceContext(traceID: parent.traceID, spanID: recorder.newSpanID(), flags: parent.flags)
        let record = SpanRecord(
            context: context, parentID: parent.spanID, traceState: traceState, name: name, kind: kind, start: start,
            attributes: attributes)
        return TraceSpan(
            record, isRecording: true, root: canJoin ? self : root, outer: outer, recorder: recorder)
    }

    // MARK: The trace

    /// Makes this span continue an earlier trace: `earlier` becomes its parent.
    /// - Returns: False if its trace cannot change any more: a caller has named it, or parts of it were handed on.
    package func join(_ earlier: TraceContext) -> Bool {
        state.withLock { state in
            guard state.canJoin, !state.isEnded else { return false }
            state.canJoin = false
            state.record.context = TraceContext(
                traceID: earlier.traceID, spanID: state.record.context.spanID, flags: earlier.flags)
            state.record.parentID = earlier.spanID
            state.record.hasRemoteParent = true
            state.record.traceState = earlier.state
            state.isRecording = recorder.sampler.samples(earlier.traceID, parent: earlier)
            return true
        }
    }

    /// Relates another span to this one.
    package func link(_ other: TraceContext, attributes: [Attribute] = []) {
        change { $0.add(SpanRecord.Link(other, attributes: attributes), limits: recorder.limits) }
    }

    // MARK: What it says

    /// Sets an attribute.
    package func set(_ key: String, _ value: AttributeValue) {
        change { $0.set(Attribute(key, value), limits: recorder.limits) }
    }

    /// Marks the span as failed.
    /// - Parameters:
    ///   - type: Of few different ones, such as a status or the name of an error's type.
    ///   - message: Without data; empty if the type says everything.
    package func fail(_ type: String, message: String = "") {
        change { record in
            record.set(Attribute("error.type", .string(type)), limits: recorder.limits)
            record.status = .error(message)
        }
    }

    /// Names the span anew, once more is known of the work.
    package func rename(_ name: String) { change { $0.name = name } }

    private func change(_ body: (inout SpanRecord) -> Void) {
        state.withLock { state in
            if state.isRecording, !state.isEnded { body(&state.record) }
        }
    }

    // MARK: The end

    /// Ends the span; a second end has no effect.
    package func finish() { finish(at: recorder.now()) }

    /// Ends a span whose name and attributes are known only now. The same as setting them, but cheaper.
    /// - Parameter failure: The type of what went wrong; nil if nothing did.
    package func finish(as name: String, attributes: [Attribute], failure: String? = nil) {
        let limits = recorder.limits
        change { record in
            record.name = name
            if record.attributes.isEmpty, limits.valueLength == nil, attributes.count < limits.attributes {
                record.attributes = attributes
            } else {
                for attribute in attributes { record.set(attribute, limits: limits) }
            }
            guard let failure else { return }
            record.set(Attribute("error.type", .string(failure)), limits: limits)
            record.status = .error("")
        }
        finish()
    }

    /// Ends the span at an instant, in nanoseconds since 1970.
    package func finish(at instant: UInt64) {
        let ended = state.withLock { state -> [SpanRecord]? in
            guard !state.isEnded else { return nil }
            state.isEnded = true
            state.canJoin = false
            state.record.end = max(instant, state.record.start)
            guard state.isRecording else {
                state.collected = []
                return nil
            }
            var all = state.collected
            state.collected = []
            all.append(state.record)
            for index in all.indices { all[index].move(to: state.record.context.traceID) }
            return all
        }
        guard let ended else { return }
        if let root { root.collect(ended) } else { recorder.sink.record(ended) }
    }

    /// Keeps what has ended within this span until its trace is known.
    private func collect(_ spans: [SpanRecord]) {
        let ready = state.withLock { state -> [SpanRecord]? in
            if !state.isEnded {
                state.collected += spans
                guard state.collected.count >= Self.maximumCollected else { return nil }
                // From here on, the trace stays as it is.
                state.canJoin = false
                let all = state.collected
                state.collected = []
                return state.isRecording ? all.map { $0.moved(to: state.record.context.traceID) } : nil
            }
            return state.isRecording ? spans.map { $0.moved(to: state.record.context.traceID) } : nil
        }
        if let ready { recorder.sink.record(ready) }
    }
}

extension SpanRecord {
    mutating func move(to trace: TraceID) {
        guard context.traceID != trace else { return }
        context = TraceContext(traceID: trace, spanID: context.spanID, flags: context.flags)
    }

    func moved(to trace: TraceID) -> SpanRecord {
        var record = self
        record.move(to: trace)
        return record
    }
}

// MARK: swift-distributed-tracing

extension TraceSpan {
    package var context: InstrumentationContext {
        var context = outer ?? .topLevel
        context[TraceSpanKey.self] = self
        return context
    }

    package var operationName: String {
        get { state.withLock { $0.record.name } }
        set { rename(newValue) }
    }

    package var attributes: SpanAttributes {
        get {
            let attributes = state.withLock { $0.record.attributes }
            return SpanAttributes(
                Dictionary(attributes.map { ($0.key, $0.value.spanAttribute) }, uniquingKeysWith: { $1 }))
        }
        set {
            change { record in
                record.attributes = []
                newValue.forEach { key, value in
                    record.set(Attribute(key, AttributeValue(value)), limits: recorder.limits)
                }
            }
        }
    }

    /// As swift-distributed-tracing wants it.
    package func setStatus(_ status: SpanStatus) {
        change { $0.status = status.code == .ok ? .ok : .error(status.message ?? "") }
    }

    /// As swift-distributed-tracing wants it.
    package func addEvent(_ event: SpanEvent) {
        change { record in
            record.add(
                SpanRecord.Event(
                    name: event.name, time: event.nanosecondsSinceEpoch, attributes: Self.list(event.attributes)),
                limits: recorder.limits)
        }
    }

    /// Records the type of an error. Its text may have data, so it is left out.
    package func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        let type = String(describing: type(of: error))
        let time = instant().nanosecondsSinceEpoch
        change { record in
            record.add(
                SpanRecord.Event(
                    name: "exception", time: time,
                    attributes: [Attribute("exception.type", .string(type))] + Self.list(attributes)),
                limits: recorder.limits)
            record.set(Attribute("error.type", .string(type)), limits: recorder.limits)
        }
    }

    /// As swift-distributed-tracing wants it.
    package func addLink(_ link: SpanLink) {
        guard let other = SpanRecorder.traceContext(of: link.context) else { return }
        self.link(other, attributes: Self.list(link.attributes))
    }

    /// As swift-distributed-tracing wants it.
    package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        finish(at: instant().nanosecondsSinceEpoch)
    }

    private static func list(_ attributes: SpanAttributes) -> [Attribute] {
        var list: [Attribute] = []
        attributes.forEach { list.append(Attribute($0, AttributeValue($1))) }
        return list
    }
}
