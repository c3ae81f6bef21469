import StackTestSupport
import Synchronization

/// Counts how often clients of PostgreSQL wait for an answer: their messages Sync, Query and Flush (PostgreSQL 17
/// documentation, 53.7). Without TLS.
final class RoundTripCounter: Sendable {
    /// Where clients connect, at 127.0.0.1.
    let port: Int
    private let count: Count

    /// Round trips that clients have started so far.
    var roundTrips: Int { count.value }

    /// Runs a counter for the length of `body`.
    static func run<Value>(
        to host: String, _ port: String, _ body: (RoundTripCounter) async throws -> Value
    ) async throws -> Value {
        let count = Count()
        return try await TCPProxy.run(to: host, port, inspector: { Inspector(count: count) }) { proxy in
            try await body(RoundTripCounter(port: proxy.port, count: count))
        }
    }

    private init(port: Int, count: Count) {
        self.port = port
        self.count = count
    }

    private final class Count: Sendable {
        private let number = Mutex(0)

        var value: Int { number.withLock { $0 } }

        func add(_ more: Int) { number.withLock { $0 += more } }
    }

    private final class Inspector: TCPProxy.Inspector {
        private let messages = Mutex(ClientMessages())
        private let count: Count

        init(count: Count) { self.count = count }

        func inspect(_ bytes: ArraySlice<UInt8>, _ direction: TCPProxy.Direction) -> TCPProxy.Verdict {
            // Counted before it is passed on, so before anybody can have the answer.
            if direction == .toServer { count.add(messages.withLock { $0.roundTrips(in: bytes) }) }
            return .pass
        }
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
