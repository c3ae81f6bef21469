import Entities
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// What the end of a removal does, in the transaction of the orchestrator's report: after a success the tenant is INACTIVE, its
/// resources are gone, and the certificate is stored. After a failure it stays DEPROVISIONING, and the off-boarding can be requested
/// again.
struct OffboardingEffect: DeprovisioningEffect {
    func deprovisioned(
        _ tenant: Identifier, _ result: ProvisioningResult, in context: WriteContext,
        _ transaction: PostgresTransaction
    ) async throws -> RowVersion? {
        guard let locked = try await SuspensionRepository.lock(tenant, transaction), locked.status == .deprovisioning
        else { return nil }
        guard result == .success else {
            _ = try await transaction.query(
                OffboardingRepository.end(
                    tenant, as: .failed, error: "the orchestrator could not remove the resources", certificate: nil,
                    now: context.now))
            return RowVersion(id: tenant, version: locked.version)
        }
        let removed = try await removeResources(of: tenant, in: context, transaction)
        if let offboarding = try await OffboardingRepository.latest(of: tenant, transaction),
            offboarding.state == .running,
            let names = try await OffboardingRepository.names(of: tenant, transaction)
        {
            let certificate = OffboardingCertificate(
                offboarding: offboarding, key: names.key, name: names.name, resources: removed,
                completedOn: context.now)
            _ = try await transaction.query(
                OffboardingRepository.end(
                    tenant, as: .done, error: nil, certificate: certificate.json, now: context.now))
        }
        _ = try await transaction.query(
            SuspensionRepository.endAll(of: tenant, note: "off-boarded", in: context))
        let moved = try await transaction.query(
            SuspensionRepository.move(tenant, to: .inactive, in: context))
        guard let row = moved.first else { return nil }
        return RowVersion(id: tenant, version: try row.int64(0))
    }

    private func removeResources(
        of tenant: Identifier, in context: WriteContext, _ transaction: PostgresTransaction
    ) async throws -> [OffboardingCertificate.RemovedResource] {
        let result = try await transaction.query(
            OffboardingRepository.removeResources(of: tenant, by: context.actor, now: context.now))
        return try result.rows.map { row in
            OffboardingCertificate.RemovedResource(
                id: try row.identifier(0), type: try row.text(1), externalIdentifier: try row.text(2),
                createdOn: try row.timestamp(3))
        }
    }
}
