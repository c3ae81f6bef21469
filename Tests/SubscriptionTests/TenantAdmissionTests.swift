import Primitives
import Synchronization
import Testing

@testable import Subscription

@Suite struct TenantAdmissionTests {
    /// Says of a tenant what a test wants, and counts how often it is asked.
    private final class Directory: Sendable {
        let count = Mutex(0)
        let answer: @Sendable (Int) -> KnownTenants.Standing

        init(_ answer: @escaping @Sendable (Int) -> KnownTenants.Standing) { self.answer = answer }

        func standing(of tenant: Identifier) -> KnownTenants.Standing {
            answer(
                count.withLock {
                    $0 += 1
                    return $0
                })
        }
    }

    @Test func `a tenant that is reported a moment later is admitted`() async throws {
        let directory = Directory { $0 < 4 ? .unknown : .admitted }
        #expect(try await TenantAdmission(lookup: directory.standing).standing(of: .v4()) == .admitted)
        #expect(directory.count.withLock { $0 } == 4)
    }

    @Test func `a blocked tenant is not waited for`() async throws {
        let directory = Directory { _ in .blocked }
        #expect(try await TenantAdmission(lookup: directory.standing).standing(of: .v4()) == .blocked)
        #expect(directory.count.withLock { $0 } == 1)
    }

    @Test func `a tenant that nobody reports is unknown in the end`() async throws {
        let directory = Directory { _ in .unknown }
        #expect(try await TenantAdmission(lookup: directory.standing).standing(of: .v4()) == .unknown)
        #expect(directory.count.withLock { $0 } == TenantAdmission.pauses.count + 1)
    }

    @Test func `only some requests wait for unknown tenants`() async throws {
        let directory = Directory { _ in .unknown }
        let admission = TenantAdmission(lookup: directory.standing)
        let requests = TenantAdmission.maximumWaiting + 10
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<requests { group.addTask { _ = try await admission.standing(of: .v4()) } }
            try await group.waitForAll()
        }
        let lookups = directory.count.withLock { $0 }
        #expect(lookups < requests * (TenantAdmission.pauses.count + 1), "not all of them have waited")
        // The places are free again.
        _ = try await admission.standing(of: .v4())
        #expect(directory.count.withLock { $0 } == lookups + TenantAdmission.pauses.count + 1)
    }
}
