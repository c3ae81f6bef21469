import CProcess
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(20))) struct ListeningSocketTests {
    @Test func `connections that have begun are accepted before the socket is closed, and no further one begins`()
        async throws
    {
        let group = MultiThreadedEventLoopGroup.singleton
        // It accepts nothing until it is told to read.
        let server = try await ServerBootstrap(group: group).serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let address = try #require(server.localAddress)
        let begun = try await ClientBootstrap(group: group).connect(to: address).get()
        try await eventually("it waits to be accepted") { try await Self.pending(server) == 1 }

        let socket = ListeningSocket()
        socket.opened(server)
        async let emptied: Void = socket.empty()
        try await server.setOption(.autoRead, value: true).get()
        await emptied
        #expect(try await Self.pending(server) == 0)
        await #expect(throws: ChannelError.self) {
            _ = try await ClientBootstrap(group: group).connectTimeout(.milliseconds(200)).connect(to: address).get()
        }
        try await server.close().get()
        #expect(begun.isActive)
        await #expect(throws: (any Error).self) {
            _ = try await ClientBootstrap(group: group).connectTimeout(.seconds(60)).connect(to: address).get()
        }
        try await begun.close().get()
    }

    private static func pending(_ server: any Channel) async throws -> Int32? {
        try await server.eventLoop.submit {
            try server.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) {
                process_pending_connections($0)
            }
        }.get()
    }
}
