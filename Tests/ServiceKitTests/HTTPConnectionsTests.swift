import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOEmbedded
import Primitives
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(20))) struct HTTPConnectionsTests {
    /// What a server drops when it ends just after a connection was accepted. Unguarded, this ends the process.
    @Test func `a connection that nobody serves is closed`() async throws {
        let refusals = HeadRefusals(observers: [], clock: SystemClock())
        let connections = HTTPConnections(
            limits: RequestLimits(), table: ConnectionTable(limit: 1, limitPerNetwork: 1),
            unsent: UnsentAnswers(limit: 1), refusals: refusals, drain: DrainState()
        ) { _, _, _ in }
        let channel = NIOAsyncTestingChannel()
        let logger = Logger(label: "test")
        _ = try await channel.testingEventLoop.flatSubmit { connections.setup(channel: channel, logger: logger) }.get()
        try await channel.closeFuture.get()
    }
}
