import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The rules of repricings: dry runs are possible with any version, others only with one that is in effect, and so never changes.
struct RepricingService: Sendable {
    let repository: RepricingRepository
    let versions: PlanVersionService
    let store: RepricingStore

    /// Begins one.
    /// - Throws: ``RepricingError``; ``PlanVersionError/notFound``; `RepositoryError.conflict` while another one of the plan goes on.
    func start(
        _ version: Identifier, of plan: Identifier, isDryRun: Bool, note: String?, in context: WriteContext
    ) async throws -> Record {
        let row = try await versions.version(version, of: plan, in: context.scope)
        let state = try row[PlanVersion.state]
        guard state != .canceled else { throw RepricingError.canceled }
        let today = CalendarDate(of: context.now).description
        let day = try row[ifPresent: PlanVersion.effectiveOn]
        let isEffective = state == .scheduled && day.map { $0 <= today } ?? false
        guard isDryRun || isEffective else { throw RepricingError.notEffective }
        let id = Identifier.v7(at: context.now)
        var values = FieldValues(Repricing.entity)
        values.identifier = id
        values[Repricing.planID] = plan
        values[Repricing.versionID] = version
        values[Repricing.isDryRun] = isDryRun
        if let note { values[Repricing.note] = note }
        values[Repricing.state] = .running
        values[Repricing.prices] = try row[PlanVersion.prices]
        (values[Repricing.checked], values[Repricing.affected], values[Repricing.skipped]) = (0, 0, 0)
        let record = try await repository.repricings.create(
            values, in: context,
            alongside: [
                AuditedCommand.statement(
                    "reprice", PlanVersion.entity.name, id: version, tenant: nil,
                    details: (["dryRun": .bool(isDryRun)] as JSONValue).serialized())
            ])
        store.announce()
        return record
    }

    /// Stops one that is running. What was done of it stays.
    /// - Throws: ``RepricingError/over(_:)``, ``RepricingError/notFound``.
    func cancel(_ id: Identifier, in context: WriteContext) async throws -> Record {
        try await context.withTransaction(on: repository.pool, resource: id) { transaction in
            guard let state = try await RepricingRepository.lock(id, transaction) else { throw RepricingError.notFound }
            guard state == .running else { throw RepricingError.over(state) }
            var batch = PostgresBatch()
            batch.add(RepricingRepository.cancellation(of: id))
            batch.add(AuditedCommand.statement("cancel", Repricing.entity.name, id: id, tenant: nil))
            _ = try await transaction.run(batch)
        }
        return try await repository.repricings.findByID(id, in: context.scope)
    }
}
