package import Primitives

/// One event as it is stored, sent and received: what happened, to whom, when, and in which trace.
///
/// The same values travel over every connector. A consumer recognizes duplicates by ``id``, and sees the events that share
/// an ``orderingKey`` in the order in which they were committed.
package struct EventEnvelope: Sendable, Hashable {
    /// The event's identity, a UUIDv7 made by the publisher; stays the same however often the event is delivered.
    package let id: Identifier
    /// The event's name, see ``EventType``; 1 to 100 characters `A-Z 0-9 _`, a letter first.
    package let type: String
    /// The version of the layout of ``data`` under this type, from 1 to 2147483647.
    package let version: Int
    /// The tenant that the event is about; nil when it concerns no tenant.
    package let tenantID: Identifier?
    /// When it happened, whole milliseconds.
    package let occurredAt: Timestamp
    /// The trace in which it happened; nil when it was not traced.
    package let trace: TraceContext?
    /// What it repeats; nil for an event that is published the first time.
    package let replay: EventReplay?
    /// The event's content: the UTF-8 text of one JSON object, at most ``maximumDataBytes``.
    package let data: [UInt8]

    /// The longest ``data``, in bytes. An entry of EventBridge, at most 1,000,000 bytes, has room for it even when it holds
    /// the text of the content as well (see ``EventBridgeDetail``).
    package static let maximumDataBytes = 240 * 1024

    /// Makes an event of checked values.
    ///
    /// Parts of `occurredAt` below a millisecond are dropped. Of `data`, only the length and the outer
    /// braces are checked here; the database checks that it is JSON when the event is stored.
    /// - Throws: `EventEnvelopeError` for a type, version or data out of range.
    package init(
        id: Identifier, type: String, version: Int = 1, tenantID: Identifier?, occurredAt: Timestamp,
        trace: TraceContext? = nil, replay: EventReplay? = nil, data: [UInt8]
    ) throws(EventEnvelopeError) {
        guard EventEnvelope.isValid(type: type) else { throw .invalid(member: "type") }
        guard EventEnvelope.isValid(version: version) else { throw .invalid(member: "version") }
        guard data.count <= EventEnvelope.maximumDataBytes else { throw .dataTooLong }
        guard data.first == UInt8(ascii: "{"), data.last == UInt8(ascii: "}") else { throw .invalid(member: "data") }
        self.init(
            stored: id, type: type, version: version, tenantID: tenantID,
            occurredAt: Timestamp(milliseconds: occurredAt.milliseconds), trace: trace, replay: replay, data: data)
    }

    /// Makes an event of values that were checked when they were stored.
    init(
        stored id: Identifier, type: String, version: Int, tenantID: Identifier?, occurredAt: Timestamp,
        trace: TraceContext?, replay: EventReplay?, data: [UInt8]
    ) {
        self.id = id
        self.type = type
        self.version = version
        self.tenantID = tenantID
        self.occurredAt = occurredAt
        self.trace = trace
        self.replay = replay
        self.data = data
    }

    /// What the order of events holds within: the tenant, or the event alone when it concerns no tenant.
    package var orderingKey: Identifier { tenantID ?? id }

    /// Whether a text can be the name of an event.
    package static func isValid(type: String) -> Bool {
        let name = type.utf8
        guard (1...100).contains(name.count), let first = name.first, isUpperCaseLetter(first) else { return false }
        return name.allSatisfy { byte in
            isUpperCaseLetter(byte) || byte == UInt8(ascii: "_")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
    }

    static func isValid(version: Int) -> Bool {
        (1...Int(Int32.max)).contains(version)
    }

    private static func isUpperCaseLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
