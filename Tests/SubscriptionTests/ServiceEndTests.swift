import MessageBus
import StackTestSupport
import TestSupport
import Testing

extension ServiceTests {
    /// What is left of a service that has ended.
    @Suite struct Ends {
        private struct Weak {
            weak var bus: InProcessConnector?
        }

        /// All parts refer to each other: if one stays in the process, so do the pools, documents and statistics of the service.
        @Test func `a service that has ended leaves nothing in the process`() async throws {
            var left = Weak()
            try await TestService.run { service in
                left.bus = service.bus
                let answer = try await service.send("GET", "/plans")
                #expect(answer.status == 200 && left.bus != nil)
            }
            try await eventually("everything is released") { left.bus == nil }
        }
    }
}
