import Logging
import RedisClient

/// Waits for markers on a separate connection: a command that blocks would hold up all others.
struct BullMQMarkerClient: Sendable {
    private let client: RedisClient
    private let command: [RedisArgument]

    init(queue: BullMQQueue, blockTime: Duration, logger: Logger) {
        client = RedisClient(
            "bullmq_markers", configuration: queue.client.configuration.blocking(for: blockTime), logger: logger)
        let (seconds, attoseconds) = blockTime.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        let padding = String(repeating: "0", count: 3 - "\(milliseconds)".count)
        command = ["BZPOPMIN", .text(queue.name.key("marker")), .text("\(seconds).\(padding)\(milliseconds)")]
    }

    /// Returns at the next marker, or after the block time.
    func wait() async throws(RedisError) {
        _ = try await client.send(command)
    }

    /// Closes the connection, in the background: the server may still be waiting for a marker.
    func close() {
        let client = self.client
        Task { await client.shutdown() }
    }
}

extension RedisConfiguration {
    /// The same server for commands that block up to a time.
    fileprivate func blocking(for time: Duration) -> RedisConfiguration {
        var copy = self
        copy.connections = 1
        copy.commandTimeout = max(commandTimeout, time + .seconds(3))
        copy.keepAliveInterval = max(keepAliveInterval, time * 2)
        return copy
    }
}
