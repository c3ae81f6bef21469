import Primitives
import StackTestSupport
import TestSupport
import Testing

/// What is left of a service that has ended.
@Suite struct ServiceEndTests {
    /// The time of one stack, which all parts of its services refer to.
    private final class Time: WallClock {
        func now() -> Timestamp { SystemClock().now() }
    }

    private struct Weak {
        weak var time: Time?
    }

    /// Parts refer to each other: if one stays in the process, so do the pools, documents and statistics of the service.
    @Test(arguments: TestStack.ServiceKind.allCases)
    func `a service that has ended leaves nothing in the process`(_ kind: TestStack.ServiceKind) async throws {
        let left = try await ended(kind)
        try await eventually("everything is released") { left.time == nil }
    }

    private func ended(_ kind: TestStack.ServiceKind) async throws -> Weak {
        var left = Weak()
        let time = Time()
        left.time = time
        try await TestStack.run([kind], clock: time) { stack in
            try await stack.client(kind).get("/openapi.json").expect(200)
            if kind == .tenantManagement { _ = try await stack.createTenant() }
            if kind == .subscription { _ = try await stack.plan(tier: "STANDARD") }
        }
        return left
    }
}
