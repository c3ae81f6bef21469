/// Why bytes or values are no event. Names the member, never its content.
package enum EventEnvelopeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text is not JSON, or not a JSON object.
    case malformed
    /// A required member is absent.
    case missing(member: String)
    /// A member has another type than it must have, or is outside its range.
    case invalid(member: String)
    /// `data` is longer than ``EventEnvelope/maximumDataBytes``.
    case dataTooLong

    package var description: String {
        switch self {
        case .malformed: "the event is not a JSON object"
        case .missing(let member): "the event has no \(member)"
        case .invalid(let member): "the event's \(member) is not valid"
        case .dataTooLong: "the event's data is longer than \(EventEnvelope.maximumDataBytes) bytes"
        }
    }
}
