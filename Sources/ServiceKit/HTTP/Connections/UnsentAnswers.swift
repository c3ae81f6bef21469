import NIOCore
import Synchronization

/// The bytes of responses that clients have not read yet, over all connections.
///
/// Contains only connections with a backlog. Above the limit, the connections that have been stalled longest are closed, so
/// that clients that do not read cannot harm one that does.
final class UnsentAnswers: Sendable {
    private struct Entry {
        let connection: OpenConnection
        var bytes: Int
        var lastProgress: NIODeadline
    }

    private struct State {
        var total = 0
        var entries: [UInt64: Entry] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: Bytes.
    init(limit: Int) { self.limit = limit }

    /// Updates the backlog of a connection, 0 for none, and closes stalled connections while the total is above the limit.
    func update(_ connection: OpenConnection, bytes: Int, now: NIODeadline) {
        let dropped = state.withLock { state -> [OpenConnection] in
            let known = state.entries[connection.number]
            state.total += bytes - (known?.bytes ?? 0)
            if bytes == 0 {
                state.entries[connection.number] = nil
                return []
            }
            let isProgress = known.map { bytes < $0.bytes } ?? true
            state.entries[connection.number] = Entry(
                connection: connection, bytes: bytes, lastProgress: isProgress ? now : known?.lastProgress ?? now)
            var dropped: [OpenConnection] = []
            while state.total > limit,
                let stalled = state.entries.min(by: { $0.value.lastProgress < $1.value.lastProgress })
            {
                state.total -= stalled.value.bytes
                state.entries[stalled.key] = nil
                dropped.append(stalled.value.connection)
            }
            return dropped
        }
        for connection in dropped { connection.drop() }
    }

    /// Bytes now.
    var total: Int { state.withLock { $0.total } }
}
