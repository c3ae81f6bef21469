import MessageBus
import MessageBusTestSupport
import Primitives
import Synchronization
import TestSupport
import Testing

/// The order of a tenant's events, when several subscriptions of a group share its queue.
@Suite(.timeLimit(.minutes(20))) struct QueueOrderTests {
    private struct Unlucky: Error {}

    private struct State {
        var handled: [Int] = []
        var atWork = 0
        var hasOverlapped = false
        var hasFailed = false
    }

    @Test func `events of a tenant keep their order between the subscriptions of a group`() async throws {
        try await TestQueues.with(isFIFO: true) { queues in
            let tenant = Identifier.v4()
            let events = try (0..<8).map { try numbered($0, of: tenant, type: $0 % 2 == 0 ? "A" : "B") }
            try await queues.prepare(group: "g", types: ["A", "B"])
            // Before anybody receives, so that one answer contains events of both types.
            let outcomes = try await queues.connector.publish(events)
            #expect(outcomes == Array(repeating: .published, count: events.count))
            let state = Mutex(State())
            let handler: EventHandler = { delivery in
                state.withLock { state in
                    state.atWork += 1
                    state.hasOverlapped = state.hasOverlapped || state.atWork > 1
                }
                defer { state.withLock { $0.atWork -= 1 } }
                // Time for a later event to overtake this one.
                await Task.yield()
                let number = try delivery.event.number
                try state.withLock { state in
                    if number == 2, !state.hasFailed {
                        state.hasFailed = true
                        throw Unlucky()
                    }
                    state.handled.append(number)
                }
            }
            let consumers = try ["A", "B"].map { try queues.consumer("g", [$0], nil, handler) }
            try await running(consumers) {
                try await eventually("all are handled") { state.withLock { $0.handled.count } >= events.count }
            }
            #expect(state.withLock { $0.handled } == Array(0..<8))
            #expect(state.withLock { $0.hasFailed && !$0.hasOverlapped })
        }
    }
}
