import Entities
import PostgresClient
import Primitives
import ServiceKit

/// Schedules and cancels off-boardings. The tenant stays as it is during the grace period: it may be used, suspended, provisioned.
struct OffboardingService: Sendable {
    let pool: PostgresPool
    let repository: OffboardingRepository
    let store: OffboardingStore
    let graceDays: Int
    let exports: ExportRequests

    /// `POST /tenants/{id}/deprovision`. The same request again has no further effect while it is scheduled; after a failure it
    /// starts another removal.
    /// - Parameters:
    ///   - graceDays: nil for the configured number.
    ///   - exportsFirst: Whether an archive is made first. Nothing is removed before it is there.
    /// - Throws: ``OffboardingError``.
    func schedule(
        _ tenant: Identifier, reason: String, graceDays: Int?, exportsFirst: Bool, in context: WriteContext
    ) async throws -> Offboarding {
        let days = graceDays ?? self.graceDays
        let offboarding = try await withTenant(tenant, in: context) { transaction in
            if let latest = try await OffboardingRepository.latest(of: tenant, transaction) {
                switch latest.state {
                case .scheduled:
                    guard latest.reason == reason, latest.graceDays == days else {
                        throw OffboardingError.underWay(.scheduled)
                    }
                    return latest
                case .running: throw OffboardingError.underWay(.running)
                case .done: if !latest.isSuperseded { throw OffboardingError.done }
                case .failed, .canceled: break
                }
            }
            let export =
                exportsFirst ? try await exports.request(tenant, in: context, transaction) : nil
            _ = try await transaction.query(
                OffboardingRepository.insert(
                    .v7(at: context.now), tenant: tenant, reason: reason, graceDays: days, export: export, in: context))
            return try await OffboardingRepository.latest(of: tenant, transaction)
        }
        store.announce()
        return offboarding
    }

    /// `POST /tenants/{id}/deprovision/cancel`. Canceling again has no further effect.
    /// - Throws: ``OffboardingError``.
    func cancel(_ tenant: Identifier, note: String?, in context: WriteContext) async throws -> Offboarding {
        try await withTenant(tenant, in: context) { transaction in
            guard let latest = try await OffboardingRepository.latest(of: tenant, transaction) else {
                throw OffboardingError.notRequested
            }
            guard latest.state != .canceled else { return latest }
            let canceled = try await transaction.query(
                OffboardingRepository.cancel(latest.id, note: note, in: context))
            guard canceled.affectedRows == 1 else { throw OffboardingError.notScheduled(latest.state) }
            return try await OffboardingRepository.latest(of: tenant, transaction)
        }
    }

    /// The newest off-boarding of a tenant.
    /// - Throws: ``OffboardingError``.
    func latest(of tenant: Identifier) async throws -> Offboarding {
        guard let latest = try await repository.latest(of: tenant) else { throw OffboardingError.notRequested }
        return latest
    }

    /// What was removed, as it was recorded.
    /// - Throws: ``OffboardingError``.
    func certificate(of tenant: Identifier) async throws -> [UInt8] {
        guard let certificate = try await repository.certificate(of: tenant) else {
            throw OffboardingError.noCertificate
        }
        return certificate
    }

    /// A transaction that has locked the tenant, so that requests about it are one after the other.
    private func withTenant(
        _ tenant: Identifier, in context: WriteContext,
        _ body: (PostgresTransaction) async throws -> Offboarding?
    ) async throws -> Offboarding {
        let offboarding = try await context.withTransaction(on: pool, resource: tenant) { transaction in
            guard try await SuspensionRepository.lock(tenant, transaction) != nil else {
                throw OffboardingError.tenantNotFound
            }
            return try await body(transaction)
        }
        guard let offboarding else { throw OffboardingError.notRequested }
        return offboarding
    }
}
