package import Primitives

/// The forms in which the place in a trace travels in headers (`OTEL_PROPAGATORS`).
package struct TracePropagators: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// W3C Trace Context.
    package static let traceContext = TracePropagators(rawValue: 1)
    /// Zipkin's single header.
    package static let b3 = TracePropagators(rawValue: 2)
    /// Zipkin's several headers.
    package static let b3Multi = TracePropagators(rawValue: 4)
    /// Jaeger's former header.
    package static let jaeger = TracePropagators(rawValue: 8)

    /// Reads the place of the caller: of the forms that are in use, the first that is present and valid.
    package func extract(_ header: (TraceHeader) -> String?) -> (context: TraceContext, state: String?)? {
        if contains(.traceContext), let context = header(.traceparent).flatMap({ TraceContext($0) }) {
            return (context, header(.tracestate).flatMap { TraceState.checked($0) })
        }
        if contains(.b3), let context = header(.b3).flatMap(Self.readB3) { return (context, nil) }
        if contains(.b3Multi), let trace = header(.b3TraceID), let span = header(.b3SpanID) {
            let isSampled = header(.b3Flags) == "1" || ["1", "true"].contains(header(.b3Sampled))
            if let context = Self.context(trace, span, isSampled: isSampled) { return (context, nil) }
        }
        if contains(.jaeger), let context = header(.uberTraceID).flatMap(Self.readJaeger) { return (context, nil) }
        return nil
    }

    /// What a caller has decided without naming a place: `b3: 0` and `x-b3-sampled: 0` want nothing recorded, 1 everything.
    /// - Returns: Nil if there is no decision.
    package func decision(_ header: (TraceHeader) -> String?) -> Bool? {
        if contains(.b3), let decision = header(.b3).flatMap(Self.decision) { return decision }
        guard contains(.b3Multi) else { return nil }
        return header(.b3Flags) == "1" ? true : header(.b3Sampled).flatMap(Self.decision)
    }

    private static func decision(_ text: String) -> Bool? {
        switch text {
        case "0", "false": false
        case "1", "true", "d": true
        default: nil
        }
    }

    /// Writes a place in all forms that are in use.
    package func inject(_ context: TraceContext, state: String?, set: (TraceHeader, String) -> Void) {
        if contains(.traceContext) {
            set(.traceparent, context.traceparent)
            if let state { set(.tracestate, state) }
        }
        guard !isSubset(of: .traceContext) else { return }
        let (trace, span, sampled) = (context.traceID.description, context.spanText, context.isSampled ? "1" : "0")
        if contains(.b3) { set(.b3, "\(trace)-\(span)-\(sampled)") }
        if contains(.b3Multi) {
            set(.b3TraceID, trace)
            set(.b3SpanID, span)
            set(.b3Sampled, sampled)
        }
        if contains(.jaeger) { set(.uberTraceID, "\(trace):\(span):0:\(sampled)") }
    }

    /// `<trace>-<span>-<0, 1 or d>-<parent>`, of which the last two may be missing.
    private static func readB3(_ text: String) -> TraceContext? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (2...4).contains(parts.count) else { return nil }
        let isSampled = parts.count > 2 && ["1", "d"].contains(parts[2])
        return context(String(parts[0]), String(parts[1]), isSampled: isSampled)
    }

    /// `<trace>:<span>:<parent>:<flags>`, each without zeros in front.
    private static func readJaeger(_ text: String) -> TraceContext? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, (1...32).contains(parts[0].count), (1...16).contains(parts[1].count),
            let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        let zeros = String(repeating: "0", count: 16)
        let trace = parts[0].count <= 16 ? (zeros + parts[0]).suffix(16) : (zeros + parts[0]).suffix(32)
        return context(String(trace), String((zeros + parts[1]).suffix(16)), isSampled: flags & 1 == 1)
    }

    /// A place of 16 or 32 digits for the trace and 16 for the span.
    private static func context(_ trace: String, _ span: String, isSampled: Bool) -> TraceContext? {
        guard trace.utf8.count == 16 || trace.utf8.count == 32 else { return nil }
        let padded = trace.utf8.count == 16 ? String(repeating: "0", count: 16) + trace : trace
        return TraceContext("00-\(padded.lowercased())-\(span.lowercased())-0\(isSampled ? 1 : 0)")
    }
}

/// A header that carries a place in a trace.
package enum TraceHeader: String, Sendable, CaseIterable {
    case traceparent
    case tracestate
    case b3
    case b3TraceID = "x-b3-traceid"
    case b3SpanID = "x-b3-spanid"
    case b3Sampled = "x-b3-sampled"
    case b3Flags = "x-b3-flags"
    case uberTraceID = "uber-trace-id"
}
