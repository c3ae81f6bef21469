package import Primitives
package import Tracing

/// Makes spans: the tracer of this project for swift-distributed-tracing. What has ended goes to a sink.
package final class SpanRecorder: Sendable {
    package let sampler: TraceSampler
    /// Bounds the traces that start here, as far as nobody else has decided; nil for no bound.
    private let rate: TraceRateLimit?
    package let limits: SpanLimits
    package let sink: any SpanSink
    /// How the place in a trace is read from callers and sent to others.
    package let propagators: TracePropagators
    /// Nanoseconds since 1970.
    let now: @Sendable () -> UInt64

    package init(
        sampler: TraceSampler = TraceSampler(), rate: TraceRateLimit? = nil, limits: SpanLimits = SpanLimits(),
        propagators: TracePropagators = .traceContext, sink: any SpanSink,
        now: @escaping @Sendable () -> UInt64 = { DefaultTracerClock.now.nanosecondsSinceEpoch }
    ) {
        self.sampler = sampler
        self.rate = rate
        self.limits = limits
        self.propagators = propagators
        self.sink = sink
        self.now = now
    }

    /// Starts a span that has no parent in this process.
    /// - Parameters:
    ///   - parent: What a caller sent, or what was stored with the work.
    ///   - traceState: The caller's `tracestate`, checked; nil: that of the parent.
    ///   - decision: Whether a caller who named no parent wants a record.
    ///   - canJoin: Whether a span without a parent may join an earlier trace later on.
    package func start(
        _ name: String, kind: SpanRecord.Kind, parent: TraceContext? = nil, traceState: String? = nil,
        decision: Bool? = nil, canJoin: Bool = false, attributes: [Attribute] = []
    ) -> TraceSpan {
        start(
            name, kind: kind, parent: parent, traceState: traceState, decision: decision, canJoin: canJoin,
            attributes: attributes, start: now(), outer: nil)
    }

    /// Starts the first span of a trace if the trace is recorded, and nothing otherwise. For work that changes nothing: no later
    /// work has to make the same decision, so nobody needs the identifiers.
    package func startIfRecorded(_ name: String, kind: SpanRecord.Kind) -> TraceSpan? {
        let (trace, start) = (TraceID.random(), now())
        guard records(trace, parent: nil, decision: nil, at: start) else { return nil }
        return span(name, kind: kind, trace: trace, isRecorded: true, canJoin: true, start: start)
    }

    private func start(
        _ name: String, kind: SpanRecord.Kind, parent: TraceContext?, traceState: String?, decision: Bool?,
        canJoin: Bool, attributes: [Attribute], start: UInt64, outer: InstrumentationContext?
    ) -> TraceSpan {
        let trace = parent?.traceID ?? .random()
        let isRecorded = records(trace, parent: parent, decision: decision, at: start)
        return span(
            name, kind: kind, trace: trace, parent: parent, traceState: traceState, isRecorded: isRecorded,
            // Joining a trace that is recorded would record what the caller does not want.
            canJoin: canJoin && parent == nil && (isRecorded || decision == nil), attributes: attributes, start: start,
            outer: outer)
    }

    /// Whether a span is recorded that has no parent in this process. Only what the sampler wants counts towards the limit.
    private func records(_ trace: TraceID, parent: TraceContext?, decision: Bool?, at now: UInt64) -> Bool {
        guard sampler.samples(trace, parent: parent, decision: decision) else { return false }
        guard parent == nil, decision == nil, let rate else { return true }
        return rate.allows(at: now)
    }

    private func span(
        _ name: String, kind: SpanRecord.Kind, trace: TraceID, parent: TraceContext? = nil, traceState: String? = nil,
        isRecorded: Bool, canJoin: Bool, attributes: [Attribute] = [], start: UInt64,
        outer: InstrumentationContext? = nil
    ) -> TraceSpan {
        var flags = parent.map { $0.flags & TraceContext.randomFlag } ?? TraceContext.randomFlag
        if isRecorded { flags |= TraceContext.sampledFlag }
        let record = SpanRecord(
            context: TraceContext(traceID: trace, spanID: newSpanID(), flags: flags), parentID: parent?.spanID,
            hasRemoteParent: parent != nil, traceState: traceState ?? parent?.state, name: name, kind: kind,
            start: start, attributes: attributes)
        return TraceSpan(record, isRecording: isRecorded, canJoin: canJoin, outer: outer, recorder: self)
    }

    func newSpanID() -> UInt64 { max(SecureRandom.bits64(), 1) }
}

extension SpanRecorder {
    /// The recorder of the service for which the current task works; nil without tracing.
    package static var ofTask: SpanRecorder? { InstrumentationSystem.instrument as? SpanRecorder }

    /// Runs a body, for instance a service, whose tasks find a recorder.
    /// - Parameter recorder: Nil without tracing.
    package static func with<Value>(_ recorder: SpanRecorder?, _ body: () async throws -> Value) async throws -> Value {
        guard let recorder else { return try await body() }
        return try await withTracer(recorder) { try await body() }
    }
}

/// The span in whose context something runs.
enum TraceSpanKey: InstrumentationContextKey {
    typealias Value = TraceSpan
    static var nameOverride: String? { "span" }
}

/// What was read from a carrier.
enum RemoteParentKey: InstrumentationContextKey {
    typealias Value = RemoteParent
    static var nameOverride: String? { "remote-parent" }
}

/// What a caller has decided without naming a parent.
enum RemoteDecisionKey: InstrumentationContextKey {
    typealias Value = Bool
    static var nameOverride: String? { "remote-decision" }
}

struct RemoteParent: Sendable {
    let context: TraceContext
    let traceState: String?
}

extension SpanRecorder: Tracer {
    /// The spans of this tracer.
    package typealias Span = TraceSpan

    /// As swift-distributed-tracing wants it.
    package func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> TraceSpan {
        let outer = context()
        let start = instant().nanosecondsSinceEpoch
        let kind = SpanRecord.Kind(kind)
        if let parent = outer[TraceSpanKey.self] {
            return parent.child(operationName, kind: kind, start: start, outer: outer)
                ?? unrecorded(within: parent, outer)
        }
        let remote = outer[RemoteParentKey.self]
        return self.start(
            operationName, kind: kind, parent: remote?.context, traceState: remote?.traceState,
            decision: outer[RemoteDecisionKey.self], canJoin: false, attributes: [], start: start,
            outer: outer)
    }

    /// A span that only carries the identifiers of its parent on.
    private func unrecorded(within parent: TraceSpan, _ outer: InstrumentationContext) -> TraceSpan {
        let record = SpanRecord(
            context: parent.traceContext, traceState: parent.traceState, name: "", kind: .internal, start: 0)
        return TraceSpan(record, isRecording: false, outer: outer, recorder: self)
    }

    /// As swift-distributed-tracing wants it.
    package func startAnySpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> any Tracing.Span {
        startSpan(
            operationName, context: context(), ofKind: kind, at: instant(), function: function, file: fileID,
            line: line)
    }

    /// Nothing: the sink decides when it sends.
    package func forceFlush() {}

    /// Writes the headers of the propagators in use.
    package func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let trace = Self.traceContext(of: context) else { return }
        let state = context[TraceSpanKey.self]?.traceState ?? context[RemoteParentKey.self]?.traceState
        propagators.inject(trace, state: state) { header, value in
            injector.inject(value, forKey: header.rawValue, into: &carrier)
        }
    }

    /// Reads the headers of the propagators in use. Without a valid one, a new trace starts.
    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        func header(_ name: TraceHeader) -> String? { extractor.extract(key: name.rawValue, from: carrier) }
        if let parent = propagators.extract(header) {
            context[RemoteParentKey.self] = RemoteParent(context: parent.context, traceState: parent.state)
        } else if let decision = propagators.decision(header) {
            context[RemoteDecisionKey.self] = decision
        }
    }

    /// The place that a context names: its span, or what was read from a carrier.
    static func traceContext(of context: InstrumentationContext) -> TraceContext? {
        context[TraceSpanKey.self]?.traceContext ?? context[RemoteParentKey.self]?.context
    }
}
