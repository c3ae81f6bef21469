import HTTPTypes
import Primitives
import Synchronization
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(20)))
struct TenantGateTests {
    /// A database whose answers and clock a test sets.
    private final class Tenants: Sendable {
        struct Away: Error {}

        let blocked = Mutex<Set<Identifier>>([])
        let isAway = Mutex(false)
        let lookups = Mutex(0)
        let time = Mutex(ContinuousClock.now)

        func isAdmitted(_ tenant: Identifier) throws -> Bool {
            lookups.withLock { $0 += 1 }
            if isAway.withLock({ $0 }) { throw Away() }
            return blocked.withLock { !$0.contains(tenant) }
        }
    }

    private let tenants = Tenants()
    private let tenant = Identifier.v4()

    private func gate() -> TenantGate {
        TenantGate(
            now: { [tenants] in tenants.time.withLock { $0 } }, lookup: { [tenants] in try tenants.isAdmitted($0) })
    }

    @Test func `a suspended tenant is refused when the lifetime of the last lookup is over`() async throws {
        let gate = gate()
        try await gate.check(.tenantUser(tenant))
        _ = tenants.blocked.withLock { $0.insert(tenant) }
        tenants.time.withLock { $0 += TenantGate.lifetime - .nanoseconds(1) }
        try await gate.check(.tenantUser(tenant))
        #expect(tenants.lookups.withLock { $0 } == 1)
        tenants.time.withLock { $0 += .nanoseconds(1) }
        let failure = await #expect(throws: HTTPFailure.self) { try await gate.check(.tenantUser(tenant)) }
        #expect(failure?.status == .forbidden && failure?.code == "TENANT_NOT_ACTIVE")
        try await gate.check(.tenantUser(.v4()))
    }

    @Test func `operators, services and leads are not looked up`() async throws {
        let gate = gate()
        for kind in [Identity.Kind.operator, .service, .lead(tenant)] { try await gate.check(kind) }
        #expect(tenants.lookups.withLock { $0 } == 0)
    }

    @Test func `without a database nobody passes, and its return is noticed at once`() async throws {
        let gate = gate()
        tenants.isAway.withLock { $0 = true }
        await #expect(throws: Tenants.Away.self) { try await gate.check(.tenantUser(tenant)) }
        tenants.isAway.withLock { $0 = false }
        try await gate.check(.tenantUser(tenant))
    }

    /// A gate whose lookups do not end before the test wants it.
    private func withSlowGate(
        _ body: (_ gate: TenantGate, _ lookups: AsyncStream<Void>, _ open: () -> Void) async throws -> Void
    ) async throws {
        let held = Task { try? await Task.sleep(for: .seconds(3600)) }
        let (lookups, began) = AsyncStream<Void>.makeStream()
        let gate = TenantGate(now: { [tenants] in tenants.time.withLock { $0 } }) { [tenants] tenant in
            let isAdmitted = try tenants.isAdmitted(tenant)
            began.yield()
            await held.value
            return isAdmitted
        }
        try await body(gate, lookups) { held.cancel() }
    }

    @Test func `requests that come together share a lookup`() async throws {
        try await withSlowGate { [tenants, tenant] gate, lookups, open in
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 { group.addTask { try await gate.check(.tenantUser(tenant)) } }
                for await _ in lookups.prefix(1) {}
                open()
                try await group.waitForAll()
            }
            #expect(tenants.lookups.withLock { $0 } == 1)
        }
    }

    @Test func `a lookup that hangs is not shared for longer than its lifetime`() async throws {
        try await withSlowGate { [tenants, tenant] gate, lookups, open in
            var lookups = lookups.makeAsyncIterator()
            let early = Task { try await gate.check(.tenantUser(tenant)) }
            await lookups.next()
            _ = tenants.blocked.withLock { $0.insert(tenant) }
            tenants.time.withLock { $0 += TenantGate.lifetime }
            let late = Task { try await gate.check(.tenantUser(tenant)) }
            await lookups.next()
            open()
            try await early.value
            await #expect(throws: HTTPFailure.self) { try await late.value }
        }
    }

    @Test func `the number of results that are kept is limited`() async throws {
        let gate = gate()
        try await gate.check(.tenantUser(tenant))
        for _ in 0..<TenantGate.capacity { try await gate.check(.tenantUser(.v4())) }
        try await gate.check(.tenantUser(tenant))
        #expect(tenants.lookups.withLock { $0 } == TenantGate.capacity + 2, "the first one has been forgotten")
    }
}
