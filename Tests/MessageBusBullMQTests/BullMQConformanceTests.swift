import MessageBusTestSupport
import Testing

@testable import MessageBusBullMQ

/// The rules that every connector follows.
@Suite(.timeLimit(.minutes(20))) struct BullMQConformanceTests {
    @Test(arguments: ConformanceCheck.allCases)
    func `the bus keeps its promises`(_ check: ConformanceCheck) async throws {
        try await BullMQTestBus.with { bus in try await check.run(on: bus) }
    }
}
