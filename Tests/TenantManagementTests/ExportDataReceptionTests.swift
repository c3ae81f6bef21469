import Primitives
import Testing

@testable import TenantManagement

/// What messages about application data mean for an export.
@Suite struct ExportDataReceptionTests {
    private static func part(_ attempt: Int, _ position: Int, _ count: Int = 10) -> ExportDataMessage {
        .part(attempt: attempt, position: position, content: [UInt8](repeating: 0, count: count))
    }

    private static func data(_ attempt: Int, parts: Int, size: Int) -> ExportedData {
        ExportedData(
            attempt: attempt, parts: parts, size: size, sha256: "", kind: "exec", name: nil, tier: nil)
    }

    private static var open: ExportDataReception { ExportDataReception(isOpen: true, state: .awaited) }

    /// Whatever is lost, repeated or late of several attempts, what is complete is one attempt, whole and in its order.
    @Test func `messages of several senders in any order never mix`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var reception = Self.open
            var stored: [(attempt: Int, position: Int)] = []
            // Where each sender is; one of them goes on at a time.
            var next = [1: 0, 2: 0, 3: 0]
            for _ in 0..<40 {
                let attempt = Int.random(in: 1...3, using: &generator)
                let position = next[attempt] ?? 0
                let message: ExportDataMessage =
                    position < 3
                    ? Self.part(attempt, position) : .end(Self.data(attempt, parts: 3, size: 30))
                let repetitions = Int.random(in: 1...2, using: &generator)
                for _ in 0..<repetitions {
                    switch reception.receive(message, limit: 1000) {
                    case .store(let position, let isFirst):
                        if isFirst { stored = [] }
                        stored.append((reception.attempt, position))
                    case .complete(let data):
                        #expect(stored.map(\.position) == [0, 1, 2])
                        #expect(stored.allSatisfy { $0.attempt == data.attempt })
                    case .nothing, .refuse, .incomplete: break
                    case .none, .fail: Issue.record("nobody has said that")
                    }
                }
                next[attempt] = Bool.random(using: &generator) ? position : min(position + 1, 3)
            }
        }
    }

    @Test func `an end that is not what was received is incomplete`() {
        var reception = Self.open
        #expect(reception.receive(Self.part(1, 0), limit: 100) == .store(position: 0, isFirst: true))
        for (parts, size) in [(0, 0), (2, 10), (1, 11), (2, 20)] {
            #expect(reception.receive(.end(Self.data(1, parts: parts, size: size)), limit: 100) == .incomplete)
        }
        #expect(reception.receive(.end(Self.data(2, parts: 1, size: 10)), limit: 100) == .incomplete)
        #expect(reception.receive(Self.part(2, 1), limit: 100) == .incomplete)
        #expect(
            reception.receive(.end(Self.data(1, parts: 1, size: 10)), limit: 100)
                == .complete(Self.data(1, parts: 1, size: 10)))
        #expect(reception.receive(.end(Self.data(1, parts: 1, size: 10)), limit: 100) == .nothing)
        #expect(reception.receive(.end(Self.data(2, parts: 0, size: 0)), limit: 100) == .refuse)
    }

    @Test func `nothing is received for an export that waits for nothing`() {
        var closed = ExportDataReception(isOpen: false, state: .awaited)
        var without = ExportDataReception(isOpen: true, state: .notRequested(reason: "never provisioned"))
        for message in [
            Self.part(1, 0), .end(Self.data(1, parts: 0, size: 0)), .none(reason: "x"), .failed(reason: "x"),
        ] {
            #expect(closed.receive(message, limit: 100) == .refuse)
            #expect(without.receive(message, limit: 100) == .refuse)
        }
        var tooLarge = Self.open
        #expect(tooLarge.receive(Self.part(1, 0, 100), limit: 100) == .store(position: 0, isFirst: true))
        guard case .fail = tooLarge.receive(Self.part(1, 1, 1), limit: 100) else {
            Issue.record("the limit was not noticed")
            return
        }
        #expect(tooLarge.receive(Self.part(2, 0, 1), limit: 100) == .refuse)
    }
}
