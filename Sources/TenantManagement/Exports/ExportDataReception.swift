/// What was received of the application data of an export so far, and what a message means for it: a pure state machine.
struct ExportDataReception: Sendable, Hashable {
    /// Whether the export still waits for data.
    var isOpen: Bool
    /// What has become of the data, if that is known.
    var state: ExportDataState
    /// The attempt whose parts are kept; 0 for none.
    var attempt = 0
    /// How many parts were kept of it.
    var parts = 0
    /// Their bytes.
    var size = 0

    /// What has to be done with a message.
    enum Decision: Sendable, Hashable {
        /// It was received before.
        case nothing
        /// The part is stored. Parts of attempts before it are removed if it is the first one.
        case store(position: Int, isFirst: Bool)
        /// The data is complete.
        case complete(ExportedData)
        /// There is no data.
        case none(reason: String)
        /// The export has failed.
        case fail(reason: String)
        /// The message is too late: nothing is awaited any more, or a later attempt has begun.
        case refuse
        /// A part is missing, or the sum is wrong: the sender has to begin again.
        case incomplete
    }

    /// Changes to the state after a message.
    /// - Parameter limit: Most bytes.
    mutating func receive(_ message: ExportDataMessage, limit: Int) -> Decision {
        if case .end(let data) = message, state == .complete(data) { return .nothing }
        if case .none(let reason) = message, state == .none(reason: reason) { return .nothing }
        guard isOpen, state == .awaited else { return .refuse }
        switch message {
        case .part(let attempt, let position, let content):
            return receive(attempt: attempt, position: position, count: content.count, limit: limit)
        case .end(let data): return end(data)
        case .none(let reason):
            state = .none(reason: reason)
            return .none(reason: reason)
        case .failed(let reason): return fail(reason)
        }
    }

    private mutating func receive(attempt: Int, position: Int, count: Int, limit: Int) -> Decision {
        guard attempt >= self.attempt else { return .refuse }
        if attempt > self.attempt {
            guard position == 0 else { return .incomplete }
            (self.attempt, parts, size) = (attempt, 0, 0)
        }
        if position < parts { return .nothing }
        guard position == parts else { return .incomplete }
        guard size + count <= limit else {
            return fail("the application data is larger than \(limit) bytes (EXPORT_MAXIMUM_MEGABYTES)")
        }
        parts += 1
        size += count
        return .store(position: position, isFirst: position == 0)
    }

    private mutating func end(_ data: ExportedData) -> Decision {
        guard data.attempt >= attempt else { return .refuse }
        let isWhole = data.attempt == attempt ? data.parts == parts && data.size == size : data.parts + data.size == 0
        guard isWhole else { return .incomplete }
        (attempt, parts, size) = (data.attempt, data.parts, data.size)
        state = .complete(data)
        return .complete(data)
    }

    private mutating func fail(_ reason: String) -> Decision {
        isOpen = false
        return .fail(reason: reason)
    }
}
