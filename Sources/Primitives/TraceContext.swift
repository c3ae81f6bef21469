/// A place in a distributed trace: the `traceparent` of W3C Trace Context with its `tracestate`, checked once where they enter.
///
/// Requests carry it in a header, events in their envelope; what a request or an event causes carries it on.
package struct TraceContext: Sendable, Hashable, CustomStringConvertible {
    /// The trace; never all zero.
    package let traceID: TraceID
    /// The span that is the parent of what happens next; never zero.
    package let spanID: UInt64
    /// Bit 0: the trace is recorded. Bit 1: the trace identifier is random. Other bits are not passed on.
    package let flags: UInt8
    /// The `tracestate` that came with it, see ``TraceState``; it is passed on as it is.
    package let state: String?

    package static let sampledFlag: UInt8 = 0b01
    package static let randomFlag: UInt8 = 0b10

    /// - Parameters:
    ///   - spanID: Not zero.
    ///   - state: Checked.
    package init(traceID: TraceID, spanID: UInt64, flags: UInt8, state: String? = nil) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags & (Self.sampledFlag | Self.randomFlag)
        self.state = state
    }

    /// Reads a `traceparent`. Later versions are read as version 00, as W3C Trace Context demands.
    /// - Parameter state: The `tracestate`; one that is not valid is dropped.
    /// - Returns: Nil for a text of another form, in upper case, or whose trace or parent is zero: such a value is dropped.
    package init?(_ text: String, state: String? = nil) {
        var text = text
        let read = text.withUTF8 { bytes -> (TraceID, UInt64, UInt8)? in
            guard bytes.count >= Self.length, Self.isSeparated(bytes),
                let version = Self.word(bytes, 0, digits: 2), version != 0xFF,
                bytes.count == Self.length || (version > 0 && bytes[Self.length] == Self.separator),
                let high = Self.word(bytes, 3, digits: 16), let low = Self.word(bytes, 19, digits: 16),
                let span = Self.word(bytes, 36, digits: 16), span != 0,
                let flags = Self.word(bytes, 53, digits: 2), let trace = TraceID(high: high, low: low)
            else { return nil }
            return (trace, span, UInt8(flags))
        }
        guard let read else { return nil }
        self.init(
            traceID: read.0, spanID: read.1, flags: read.2, state: state.flatMap { TraceState.checked($0) })
    }

    /// Reads what ``stored`` has written.
    package init?(stored text: String) {
        let parts = text.split(separator: Self.space, maxSplits: 1)
        guard let parent = parts.first else { return nil }
        self.init(String(parent), state: parts.count == 2 ? String(parts[1]) : nil)
    }

    /// As columns have it: `traceparent`, and behind a space `tracestate` if there is one. Nodes that know only the first begin a new
    /// trace with what has both.
    package var stored: String {
        guard let state else { return traceparent }
        return "\(traceparent)\(Self.space)\(state)"
    }

    /// Whether the trace is recorded.
    package var isSampled: Bool { flags & Self.sampledFlag != 0 }

    /// `00-<trace, 32 hex>-<parent, 16 hex>-<flags, 2 hex>`, as the header has it.
    package var traceparent: String {
        String(unsafeUninitializedCapacity: Self.length) { buffer in
            buffer[0] = UInt8(ascii: "0")
            buffer[1] = UInt8(ascii: "0")
            buffer[2] = Self.separator
            Hex.write(traceID.high, to: buffer, at: 3)
            Hex.write(traceID.low, to: buffer, at: 19)
            buffer[35] = Self.separator
            Hex.write(spanID, to: buffer, at: 36)
            buffer[52] = Self.separator
            buffer[53] = UInt8(ascii: "0")
            buffer[54] = Hex.digit(flags)
            return Self.length
        }
    }

    /// The headers of a request that belongs to it.
    package var headers: [String: String] {
        var headers = ["traceparent": traceparent]
        headers["tracestate"] = state
        return headers
    }

    package var description: String { traceparent }

    /// The span as its 16 digits.
    package var spanText: String { Hex.text(spanID) }

    private static let length = 55
    private static let space: Character = " "
    private static let separator = UInt8(ascii: "-")

    private static func isSeparated(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes[2] == separator && bytes[35] == separator && bytes[52] == separator
    }

    /// The value of lower-case digits; nil if one of the characters is another one.
    private static func word(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, digits: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in start..<start + digits {
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(bytes[index] - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                value = value << 4 | UInt64(bytes[index] - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }
}

/// The 128 bits that all spans of a trace share.
package struct TraceID: Sendable, Hashable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    /// Nil for all zero, which W3C Trace Context forbids.
    package init?(high: UInt64, low: UInt64) {
        guard high != 0 || low != 0 else { return nil }
        self.high = high
        self.low = low
    }

    /// A random one.
    package static func random() -> TraceID {
        // Zero is as improbable as any other value, and not allowed.
        TraceID(unchecked: SecureRandom.bits64(), max(SecureRandom.bits64(), 1))
    }

    private init(unchecked high: UInt64, _ low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 lower-case digits.
    package var description: String {
        String(unsafeUninitializedCapacity: 32) { buffer in
            Hex.write(high, to: buffer, at: 0)
            Hex.write(low, to: buffer, at: 16)
            return 32
        }
    }
}

extension Hex {
    /// The 16 lower-case digits of 64 bits.
    package static func text(_ word: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { buffer in
            write(word, to: buffer, at: 0)
            return 16
        }
    }

    /// Writes 16 lower-case digits.
    static func write(_ word: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int) {
        for index in 0..<16 {
            buffer[offset + index] = digit(UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * index)) & 0x0F)
        }
    }
}
