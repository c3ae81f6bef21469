/// One complete unit of the server's stream.
enum RESPFrame: Equatable, Sendable {
    /// The answer to the oldest command.
    case reply(RedisValue)
    /// An error that is a whole reply.
    case failure(RedisServerError)
    /// Out of band data: a published message, an invalidation, the confirmation of a subscription.
    case push([RedisValue])
}

/// Incremental parser of RESP3 (https://github.com/redis/redis-specifications, protocol/RESP3.md).
///
/// Pure: it is shown the unread bytes, says how many of them are done with, and keeps only the aggregates that are
/// still open. Nothing is read twice except the header of a string whose body has not arrived yet.
struct RESPParser: Sendable {
    private let limits: RESPLimits
    private var open: [OpenAggregate] = []
    private var elements = 0
    private var frameLength = 0
    /// Fewer unread bytes than this cannot complete the next value.
    private var required = 0
    /// Unread bytes that are known to hold no line end.
    private var searched = 0

    init(limits: RESPLimits) {
        self.limits = limits
    }

    /// Parses until one frame is complete or the bytes run out.
    ///
    /// - Parameters:
    ///   - bytes: everything unread, beginning where the previous call's `consumed` ended.
    ///   - consumed: bytes that need not be shown again, also when no frame is complete.
    /// - Returns: a frame, or nil when more bytes are needed.
    mutating func next(
        _ bytes: UnsafeRawBufferPointer, consumed: inout Int
    ) throws(RESPViolation) -> RESPFrame? {
        consumed = 0
        while bytes.count - consumed >= max(required, 1) {
            var cursor = RESPCursor(bytes: bytes, position: consumed, searched: searched, limits: limits)
            guard let item = try cursor.readItem(spent: frameLength) else {
                required = cursor.required
                searched = cursor.searched
                return nil
            }
            required = 0
            searched = 0
            frameLength += cursor.position - consumed
            consumed = cursor.position
            guard frameLength <= limits.frameLength else { throw .frameTooLong }
            if let frame = try accept(item) {
                frameLength = 0
                elements = 0
                return frame
            }
        }
        return nil
    }

    private mutating func accept(_ item: RESPItem) throws(RESPViolation) -> RESPFrame? {
        elements += 1
        guard elements <= limits.elements else { throw .tooManyElements }
        switch item {
        case .value(let value):
            return close(with: value)
        case .failure(let error):
            return open.isEmpty ? .failure(error) : close(with: .error(error))
        case .aggregate(let kind, let count):
            if kind == .push, !open.isEmpty { throw .nestedPush }
            guard count <= limits.elements - elements else { throw .tooManyElements }
            let aggregate = OpenAggregate(kind: kind, count: count)
            if count == 0 { return finish(aggregate) }
            guard open.count < limits.nestingDepth else { throw .nestedTooDeeply }
            open.append(aggregate)
            return nil
        }
    }

    /// Puts a complete value into the innermost open aggregate and closes every aggregate that this fills.
    private mutating func close(with value: RedisValue) -> RESPFrame? {
        guard !open.isEmpty else { return .reply(value) }
        let last = open.count - 1
        open[last].values.append(value)
        open[last].remaining -= 1
        guard open[last].remaining == 0 else { return nil }
        return finish(open.removeLast())
    }

    private mutating func finish(_ aggregate: OpenAggregate) -> RESPFrame? {
        switch aggregate.kind {
        case .array: close(with: .array(aggregate.values))
        case .set: close(with: .set(aggregate.values))
        case .map: close(with: .map(aggregate.entries))
        case .push: .push(aggregate.values)
        case .attribute: nil  // says something about the value that follows, which takes its place
        }
    }
}

private struct OpenAggregate: Sendable {
    let kind: RESPItem.Aggregate
    var remaining: Int
    var values: [RedisValue] = []

    init(kind: RESPItem.Aggregate, count: Int) {
        self.kind = kind
        self.remaining = count
        // A promise is not a delivery: room for a large count is made only as elements arrive.
        values.reserveCapacity(min(count, 64))
    }

    var entries: [RedisMapEntry] {
        stride(from: 0, to: values.count - 1, by: 2).map { RedisMapEntry(key: values[$0], value: values[$0 + 1]) }
    }
}
