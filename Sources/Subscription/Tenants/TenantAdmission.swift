import Primitives
import Synchronization

/// Which tenants may act and subscribe.
///
/// A tenant that was created a moment ago may not have been reported yet, because its event travels for some milliseconds. So
/// an unknown tenant is looked up again for a second before it counts as unknown.
final class TenantAdmission: Sendable {
    private let lookup: @Sendable (Identifier) async throws -> KnownTenants.Standing
    private let waiting = Mutex(0)

    /// Requests that wait at the same time; others get the answer at once, so that made-up tenants cannot occupy the service.
    static let maximumWaiting = 32
    /// Pauses between lookups: 1 s together.
    static let pauses: [Duration] = [10, 20, 40, 80, 150, 300, 400].map { .milliseconds($0) }

    init(lookup: @escaping @Sendable (Identifier) async throws -> KnownTenants.Standing) {
        self.lookup = lookup
    }

    func isAdmitted(_ tenant: Identifier) async throws -> Bool { try await standing(of: tenant) == .admitted }

    func standing(of tenant: Identifier) async throws -> KnownTenants.Standing {
        let standing = try await lookup(tenant)
        guard standing == .unknown, beginWaiting() else { return standing }
        defer { waiting.withLock { $0 -= 1 } }
        for pause in Self.pauses {
            try await Task.sleep(for: pause)
            let standing = try await lookup(tenant)
            if standing != .unknown { return standing }
        }
        return .unknown
    }

    private func beginWaiting() -> Bool {
        waiting.withLock { count in
            guard count < Self.maximumWaiting else { return false }
            count += 1
            return true
        }
    }
}
