import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization
import Testing

@testable import ServiceKit

@Suite struct StreamedResponseTests {
    private final class Events: Sendable {
        private let list = Mutex<[String]>([])
        var all: [String] { list.withLock { $0 } }
        func add(_ event: String) { list.withLock { $0.append(event) } }
    }

    private struct Gone: Error {}

    private struct Writer: ResponseBodyWriter {
        let events: Events
        let failsAt: Int?

        mutating func write(_ buffer: ByteBuffer) async throws {
            let text = String(buffer: buffer)
            if text == failsAt.map({ "\($0)" }) { throw Gone() }
            await Task.yield()
            events.add("wrote \(text)")
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws { events.add("finished") }
    }

    private func response(_ events: Events) -> OperationResponse {
        OperationResponse(status: .ok, mediaType: "text/plain") { write in
            for number in 1...200 {
                events.add("made \(number)")
                try await write(ByteBuffer(string: "\(number)"))
            }
        }
    }

    @Test func `a part is made when the one before has left`() async throws {
        let events = Events()
        try await OperationRunner.body(of: response(events)).write(Writer(events: events, failsAt: nil))
        #expect(events.all == (1...200).flatMap { ["made \($0)", "wrote \($0)"] } + ["finished"])
    }

    @Test func `a client that has gone ends the making`() async throws {
        let events = Events()
        await #expect(throws: Gone.self) {
            try await OperationRunner.body(of: response(events)).write(Writer(events: events, failsAt: 3))
        }
        #expect(events.all.last == "made 3")
    }
}
