import MessageBusTestSupport
import Testing

@testable import MessageBusSQS

@Suite(.timeLimit(.minutes(20))) struct QueueConformanceTests {
    @Test(arguments: ConformanceCheck.allCases)
    func `queues with order keep their promises`(_ check: ConformanceCheck) async throws {
        try await TestQueues.with(isFIFO: true) { queues in try await check.run(on: queues) }
    }

    @Test(arguments: ConformanceCheck.allCases)
    func `queues without order keep their promises`(_ check: ConformanceCheck) async throws {
        try await TestQueues.with(isFIFO: false) { queues in try await check.run(on: queues) }
    }
}
