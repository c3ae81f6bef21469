import MessageBusTestSupport
import Testing

@testable import MessageBusEventBridge

@Suite(.timeLimit(.minutes(20))) struct EventBusConformanceTests {
    @Test(arguments: ConformanceCheck.allCases)
    func `EventBridge with queues keeps its promises`(_ check: ConformanceCheck) async throws {
        try await TestEventBus.with { bus in try await check.run(on: bus) }
    }
}
