/// What a reply may cost at most. A reply beyond a limit is a protocol violation and closes the connection, so a
/// broken or hostile server can neither exhaust memory nor the stack.
package struct RESPLimits: Sendable, Hashable {
    /// Aggregates inside each other.
    package var nestingDepth: Int
    /// Bytes of one string.
    package var bulkLength: Int
    /// Elements of one reply, all aggregates together (a map pair counts as two).
    package var elements: Int
    /// Bytes of one line: a status, an error, a number.
    package var lineLength: Int
    /// Bytes of one whole reply.
    package var frameLength: Int

    /// Limits; the defaults are generous for a cache and small for a machine.
    package init(
        nestingDepth: Int = 32, bulkLength: Int = 64 << 20, elements: Int = 1 << 20, lineLength: Int = 64 << 10,
        frameLength: Int = 128 << 20
    ) {
        self.nestingDepth = nestingDepth
        self.bulkLength = bulkLength
        self.elements = elements
        self.lineLength = lineLength
        self.frameLength = frameLength
    }
}

/// How a server broke the protocol. After one of these the position in the stream is unknown.
package enum RESPViolation: Error, Sendable, Hashable {
    /// A byte that begins no RESP3 type that Redis sends (its value is attached).
    case unknownType(UInt8)
    /// A malformed length or number.
    case malformedNumber
    /// A line or string without its CR LF.
    case missingLineEnd
    /// A body that does not fit its type: a boolean neither `t` nor `f`, a verbatim string without its format.
    case malformedBody
    /// More aggregates inside each other than `RESPLimits.nestingDepth`.
    case nestedTooDeeply
    /// A string longer than `RESPLimits.bulkLength`.
    case bulkTooLong
    /// More elements than `RESPLimits.elements`.
    case tooManyElements
    /// A line longer than `RESPLimits.lineLength`.
    case lineTooLong
    /// A reply longer than `RESPLimits.frameLength`.
    case frameTooLong
    /// A push inside another value.
    case nestedPush
    /// A reply although no command waits for one.
    case unexpectedReply
}
