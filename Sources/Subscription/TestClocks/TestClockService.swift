import Entities
import PostgresClient
import Primitives

/// The rules of test clocks: one for a tenant, whose time never goes back.
struct TestClockService: Sendable {
    let repository: TestClockRepository
    let admission: TenantAdmission
    let renewals: RenewalRepository
    let store: RenewalStore
    let collections: CollectionRepository
    let collectionStore: CollectionStore
    let credits: CreditGrantRepository

    private var pool: PostgresPool { repository.entities.pool }

    /// Binds a tenant to a new clock.
    /// - Throws: ``TestClockError``; `RepositoryError.conflict` when the tenant has a clock.
    func create(_ values: FieldValues, in context: WriteContext) async throws -> Record {
        guard let tenant = values[TestClock.tenantID], let now = values[TestClock.now] else {
            throw TestClockError.tenantUnknown
        }
        guard TestClock.range.contains(now) else { throw TestClockError.outOfRange }
        guard try await admission.isAdmitted(tenant) else { throw TestClockError.tenantUnknown }
        do throws(RepositoryError) {
            return try await repository.entities.create(
                values, in: context, alongside: TestClockRepository.withoutSubscriptions(tenant))
        } catch {
            switch error {
            case .refused(Self.backwards, _): throw TestClockError.goesBack
            case .unexpected(sqlState: SQLState.divisionByZero): throw TestClockError.tenantHasSubscriptions
            default: throw error
            }
        }
    }

    /// SQLSTATE of `main.guard_test_clock`.
    private static let backwards: SQLState = "ARC95"

    /// Moves a clock on. The time that it shows already changes nothing.
    /// - Throws: ``TestClockError``.
    func advance(_ id: Identifier, to now: Timestamp, in context: WriteContext) async throws -> Record {
        let entities = repository.entities
        guard TestClock.range.contains(now) else { throw TestClockError.outOfRange }
        return try await context.withTransaction(on: pool, resource: id) { transaction in
            guard let clock = try await repository.lock(id, transaction) else { throw TestClockError.notFound }
            guard now >= clock.now else { throw TestClockError.goesBack }
            guard now <= clock.now.adding(.seconds(86_400 * TestClock.longestAdvance)) else {
                throw TestClockError.tooFar
            }
            var values = FieldValues(TestClock.entity)
            values[TestClock.now] = now
            let update = try entities.updateStatement(id, values, in: context.scope)
            guard let row = try await transaction.query(update).first else { throw TestClockError.notFound }
            return entities.record(row)
        }
    }

    /// How long an advance waits for what became due.
    private static let patience = Duration.seconds(10)

    /// Waits until workers have done what a tenant's clock has reached. What cannot be billed is parked, and does not count.
    /// - Returns: What is still due, if it takes too long.
    func settle(_ tenant: Identifier) async throws -> RenewalRepository.Due {
        let end = ContinuousClock.now.advanced(by: Self.patience)
        var pause = Duration.milliseconds(5)
        while true {
            // Invoices first: what is issued is to be paid.
            let renewed = try await renewals.wake(tenant)
            let collected = try await collections.wake(tenant)
            let due = RenewalRepository.Due(waiting: renewed.waiting + collected, parked: renewed.parked)
            if due.waiting == 0 { _ = try await CreditExpiry.expire(by: credits) }
            if due.waiting == 0 || ContinuousClock.now >= end { return due }
            store.announce()
            collectionStore.announce()
            try await Task.sleep(for: pause, clock: .continuous)
            pause = min(pause * 2, .milliseconds(200))
        }
    }
}
