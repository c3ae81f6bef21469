package import Primitives

/// Decides which traces are recorded (OpenTelemetry specification, "Sampling").
package struct TraceSampler: Sendable, Hashable {
    /// The decision for a trace that starts here.
    package enum Root: Sendable, Hashable {
        case always
        case never
        /// A share of all traces, 0 to 1. The same trace is decided alike everywhere, because its identifier decides.
        case ratio(Double)
    }

    package let root: Root
    /// Whether a caller's decision holds for what it causes here. Otherwise ``root`` decides on every request anew.
    package let followsParent: Bool

    package init(_ root: Root = .always, followsParent: Bool = true) {
        self.root = root
        self.followsParent = followsParent
    }

    /// Whether a span is recorded.
    /// - Parameters:
    ///   - parent: What its caller sent; nil for the first span of a trace.
    ///   - decision: What a caller without a parent wants; nil if it says nothing.
    package func samples(_ trace: TraceID, parent: TraceContext?, decision: Bool? = nil) -> Bool {
        if followsParent, let decided = parent?.isSampled ?? decision { return decided }
        switch root {
        case .always: return true
        case .never: return false
        case .ratio(let share):
            // As the other implementations do: the lower 63 bits against the share of their range.
            guard share < 1 else { return true }
            return Double(trace.low >> 1) < max(share, 0) * Double(UInt64.max >> 1)
        }
    }
}
