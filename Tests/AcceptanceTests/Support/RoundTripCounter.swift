import Foundation
import Glibc
import Synchronization
import TestSupport

/// A server in front of PostgreSQL that passes everything on and counts how often a client waits for an answer: its
/// messages Sync, Query and Flush (PostgreSQL 17 documentation, 53.7). Without TLS.
final class RoundTripCounter: Sendable {
    /// Where it listens, at 127.0.0.1.
    let port: Int
    private let listener: Int32
    private let target: (host: String, port: String)
    private let count = Mutex(0)
    private let connections = Mutex<[Int32]>([])

    /// Round trips that clients have begun so far.
    var roundTrips: Int { count.withLock { $0 } }

    /// Runs a counter for the length of `body`.
    static func run<Value>(
        to host: String, _ port: String, _ body: (RoundTripCounter) async throws -> Value
    ) async throws -> Value {
        let counter = try RoundTripCounter(target: (host, port))
        Thread.detachNewThread { counter.accept() }
        defer { counter.stop() }
        return try await body(counter)
    }

    private init(target: (host: String, port: String)) throws {
        self.target = target
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard isListening else { throw TestFailure("cannot listen") }
    }

    private func stop() {
        _ = shutdown(listener, Int32(SHUT_RDWR))
        connections.withLock { for connection in $0 { _ = shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    // MARK: Passing on

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            guard let server = connect() else {
                close(client)
                continue
            }
            connections.withLock { $0 += [client, server] }
            // Both ends stay open until both directions have ended: no descriptor is used again too early.
            let ending = Ending()
            Thread.detachNewThread { self.pass(from: client, to: server, counts: true, ending) }
            Thread.detachNewThread { self.pass(from: server, to: client, counts: false, ending) }
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

    private func pass(from source: Int32, to sink: Int32, counts: Bool, _ ending: Ending) {
        var messages = ClientMessages()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        passing: while true {
            let read = recv(source, &buffer, buffer.count, 0)
            guard read > 0 else { break }
            if counts {
                // Counted before it is passed on, so before anybody can have the answer.
                let begun = messages.roundTrips(in: buffer[..<read])
                count.withLock { $0 += begun }
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
        connections.withLock { $0.removeAll { $0 == source || $0 == sink } }
        close(source)
        close(sink)
    }
}

/// What a client sends, cut into messages.
private struct ClientMessages {
    /// The next message's beginning.
    private var rest: [UInt8] = []
    /// Bytes of a message that are still to come.
    private var skipping = 0
    private var isStarted = false

    /// Takes the next bytes, and counts the messages in them after which a client waits for an answer.
    mutating func roundTrips(in bytes: ArraySlice<UInt8>) -> Int {
        var count = 0
        for byte in bytes {
            if skipping > 0 {
                skipping -= 1
                continue
            }
            rest.append(byte)
            if isStarted {
                guard rest.count == 5 else { continue }
                if [UInt8(ascii: "S"), UInt8(ascii: "Q"), UInt8(ascii: "H")].contains(rest[0]) { count += 1 }
                skipping = number(at: 1) - 4
            } else {
                // Before the start-up message there may be requests for encryption, of eight bytes; none has a type.
                guard rest.count == 8 else { continue }
                isStarted = number(at: 4) >> 16 == 3
                skipping = number(at: 0) - 8
            }
            rest = []
        }
        return count
    }

    private func number(at index: Int) -> Int { rest[index..<index + 4].reduce(0) { $0 << 8 | Int($1) } }
}
