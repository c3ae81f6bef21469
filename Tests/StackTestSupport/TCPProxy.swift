import Foundation
import Glibc
import Synchronization
import TestSupport

/// A TCP server at 127.0.0.1 that passes everything on to another one, unless its inspectors decide otherwise.
package final class TCPProxy: Sendable {
    /// Which way bytes travel.
    package enum Direction: Sendable {
        case toServer
        case toClient
    }

    /// What happens to bytes that have arrived.
    package enum Verdict: Sendable {
        case pass
        /// They do not arrive.
        case discard
        /// They do not arrive, and both ends see the connection end.
        case cut
    }

    /// Sees everything that travels over one connection, before it is passed on. Called by one thread for each direction.
    package protocol Inspector: Sendable {
        func inspect(_ bytes: ArraySlice<UInt8>, _ direction: Direction) -> Verdict
    }

    /// Where it listens.
    package let port: Int
    private let listener: Int32
    private let target: (host: String, port: String)
    private let makeInspector: @Sendable () -> any Inspector
    private let state = Mutex(State())

    private struct State {
        var connections: [Int32] = []
        var isRefusing = false
    }

    /// Runs a proxy for the length of `body`.
    /// - Parameter inspector: Makes the inspector of a connection.
    package static func run<Value>(
        to host: String, _ port: String, inspector: @escaping @Sendable () -> any Inspector,
        _ body: (TCPProxy) async throws -> Value
    ) async throws -> Value {
        let proxy = try TCPProxy(target: (host, port), inspector: inspector)
        Thread.detachNewThread { proxy.accept() }
        defer { proxy.stop() }
        return try await body(proxy)
    }

    /// Runs a proxy that passes everything on, for the length of `body`.
    package static func run<Value>(
        to host: String, _ port: String, _ body: (TCPProxy) async throws -> Value
    ) async throws -> Value {
        try await run(to: host, port, inspector: { PassThrough() }, body)
    }

    private struct PassThrough: Inspector {
        func inspect(_ bytes: ArraySlice<UInt8>, _ direction: Direction) -> Verdict { .pass }
    }

    private init(target: (host: String, port: String), inspector: @escaping @Sendable () -> any Inspector) throws {
        self.target = target
        makeInspector = inspector
        let loopback = try LoopbackSocket()
        listener = loopback.descriptor
        port = loopback.port
        guard listen(listener, 64) == 0 else { throw TestFailure("cannot listen") }
    }

    /// Ends all connections and every new one at once, as if the server were away; or lets them through again.
    package func refuse(_ isRefusing: Bool) {
        state.withLock { state in
            state.isRefusing = isRefusing
            guard isRefusing else { return }
            for connection in state.connections { _ = shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private func stop() {
        _ = shutdown(listener, Int32(SHUT_RDWR))
        state.withLock { for connection in $0.connections { _ = shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    // MARK: Passing on

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            guard !state.withLock({ $0.isRefusing }), let server = connect() else {
                close(client)
                continue
            }
            let isAdmitted = state.withLock { state in
                if state.isRefusing { return false }
                state.connections += [client, server]
                return true
            }
            guard isAdmitted else {
                close(client)
                close(server)
                continue
            }
            let inspector = makeInspector()
            // Both ends stay open until both directions have ended: no descriptor is used again too early.
            let ending = Ending()
            Thread.detachNewThread { self.pass(from: client, to: server, .toServer, inspector, ending) }
            Thread.detachNewThread { self.pass(from: server, to: client, .toClient, inspector, ending) }
        }
        close(listener)
    }

    /// Tells the second one of two that it is the second.
    private final class Ending: Sendable {
        private let isOver = Mutex(false)

        var isSecond: Bool {
            isOver.withLock { isOver in
                defer { isOver = true }
                return isOver
            }
        }
    }

    private func connect() -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(target.host, target.port, &hints, &found) == 0, let address = found?.pointee else {
            return nil
        }
        defer { freeaddrinfo(found) }
        let server = socket(address.ai_family, Int32(SOCK_STREAM.rawValue), 0)
        guard Glibc.connect(server, address.ai_addr, address.ai_addrlen) == 0 else {
            close(server)
            return nil
        }
        return server
    }

    private func pass(
        from source: Int32, to sink: Int32, _ direction: Direction, _ inspector: any Inspector, _ ending: Ending
    ) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        passing: while true {
            let read = recv(source, &buffer, buffer.count, 0)
            guard read > 0 else { break }
            switch inspector.inspect(buffer[..<read], direction) {
            case .pass: break
            case .discard: continue
            case .cut: break passing
            }
            var sent = 0
            while sent < read {
                let step = buffer[sent..<read].withUnsafeBytes {
                    send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard step > 0 else { break passing }
                sent += step
            }
        }
        _ = shutdown(source, Int32(SHUT_RDWR))
        _ = shutdown(sink, Int32(SHUT_RDWR))
        guard ending.isSecond else { return }
        state.withLock { $0.connections.removeAll { $0 == source || $0 == sink } }
        close(source)
        close(sink)
    }
}
