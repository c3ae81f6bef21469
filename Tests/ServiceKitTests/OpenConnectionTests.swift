import NIOCore
import NIOEmbedded
import Testing

@testable import ServiceKit

/// Reads end when their client disconnects, and changes do not.
@Suite(.timeLimit(.minutes(20)))
struct OpenConnectionTests {
    private let channel = NIOAsyncTestingChannel()

    /// Runs the body as a connection's task, which is canceled at most once and then for good.
    private func handling(
        _ body: @escaping @Sendable (OpenConnection, NIOAsyncTestingEventLoop) async -> Void
    ) async throws {
        let connection = OpenConnection(channel: channel, network: nil, number: 0)
        let loop = channel.testingEventLoop
        await Task { await connection.handlingRequests { await body(connection, loop) } }.value
    }

    @Test func `a read is canceled at once when the connection is closed`() async throws {
        try await handling { connection, _ in
            #expect(OpenConnection.current === connection)
            _ = try? await connection.reading {
                #expect(!Task.isCancelled)
                connection.closed()
                #expect(Task.isCancelled)
            }
        }
    }

    @Test func `a read gets some time when the client has only closed its side`() async throws {
        try await handling { connection, loop in
            _ = try? await connection.reading {
                connection.inputClosed()
                await loop.advanceTime(by: OpenConnection.patience - .nanoseconds(1))
                #expect(!Task.isCancelled)
                await loop.advanceTime(by: .nanoseconds(1))
                #expect(Task.isCancelled)
            }
        }
    }

    @Test func `a read that begins after its client has disconnected is canceled as well`() async throws {
        try await handling { connection, loop in
            connection.closed()
            _ = try? await connection.reading {
                #expect(!Task.isCancelled)
                await loop.advanceTime(by: OpenConnection.patience)
                #expect(Task.isCancelled)
            }
        }
    }

    @Test func `a change is not canceled, nor is what comes after a read`() async throws {
        try await handling { connection, loop in
            _ = try? await connection.reading { connection.inputClosed() }
            await loop.advanceTime(by: OpenConnection.patience)
            connection.closed()
            #expect(!Task.isCancelled)
        }
    }

    @Test func `every read has its own time`() async throws {
        try await handling { connection, loop in
            connection.inputClosed()
            for _ in 0..<3 {
                _ = try? await connection.reading {
                    await loop.advanceTime(by: OpenConnection.patience - .nanoseconds(1))
                    #expect(!Task.isCancelled)
                }
            }
        }
    }
}
