import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The rules of versions of plans: a version without a day is a draft, one with a day is in effect from that day on until the next one
/// is, and what has been in effect anywhere never changes. Days are those of UTC for operators, and of their calendars for subscribers.
struct PlanVersionService: Sendable {
    let repository: PlanVersionRepository

    private var entities: EntityRepository { repository.versions }

    /// Makes a version: a draft, or scheduled if it has a day.
    /// - Parameter body: Has passed the schema of new versions.
    /// - Throws: ``PlanVersionError``; ``ValidationFailure`` for prices; `RepositoryError.conflict` if another one begins on that day.
    func create(_ body: JSONObject, of plan: Identifier, in context: WriteContext) async throws -> Record {
        let id = Identifier.v7(at: context.now)
        return try await context.withTransaction(on: entities.pool, resource: id) { transaction in
            guard let number = try await repository.nextNumber(of: plan, transaction) else {
                throw PlanVersionError.planNotFound
            }
            var values = try checked(body, in: context)
            values.identifier = id
            values[PlanVersion.planID] = plan
            values[PlanVersion.state] = values[PlanVersion.effectiveOn] == nil ? .draft : .scheduled
            values[PlanVersion.number] = number
            return try await store(try entities.insertStatement(values, in: context.scope), transaction)
        }
    }

    /// A version of a plan.
    /// - Throws: ``PlanVersionError/notFound``.
    func version(_ id: Identifier, of plan: Identifier, in scope: TenantScope) async throws -> Record {
        let filter = Filter(where: .equals(Entity.id, id).and(.equals(PlanVersion.planID, plan)), limit: 1)
        guard try await repository.hasPlan(plan), let row = try await entities.find(filter, in: scope).first else {
            throw PlanVersionError.notFound
        }
        return row
    }

    /// Changes what is not in effect yet. A day schedules a draft, and `null` makes a draft of it again.
    func change(
        _ id: Identifier, of plan: Identifier, _ body: JSONObject, in context: WriteContext,
        ifVersion version: VersionCondition?
    ) async throws -> Record {
        try await changing(id, of: plan, in: context, ifVersion: version) {
            var values = try checked(body, in: context)
            if values.writes(PlanVersion.effectiveOn) {
                values[PlanVersion.state] = values[PlanVersion.effectiveOn] == nil ? .draft : .scheduled
            }
            return values
        }
    }

    /// Cancels what is not in effect yet. It stays in the list.
    func cancel(
        _ id: Identifier, of plan: Identifier, in context: WriteContext, ifVersion version: VersionCondition?
    ) async throws {
        _ = try await changing(id, of: plan, in: context, ifVersion: version) {
            var values = FieldValues(PlanVersion.entity)
            values[PlanVersion.state] = .canceled
            return values
        }
    }

    private func changing(
        _ id: Identifier, of plan: Identifier, in context: WriteContext, ifVersion version: VersionCondition?,
        _ values: () throws -> FieldValues
    ) async throws -> Record {
        try await context.withTransaction(on: entities.pool, resource: id) { transaction in
            guard let standing = try await repository.lock(id, of: plan, transaction) else {
                throw PlanVersionError.notFound
            }
            try version?.require(standing.rowVersion)
            // The day begins fourteen hours earlier just west of the date line: whoever subscribes there has the version already.
            try Self.requireOpen(standing, on: CalendarDate(of: context.now.adding(.seconds(14 * 3_600))))
            return try await store(
                try entities.updateStatement(id, try values(), in: context.scope), transaction)
        }
    }

    /// - Throws: ``PlanVersionError/fixed(_:)`` for what is in effect, or was canceled.
    private static func requireOpen(
        _ standing: PlanVersionRepository.Standing, on today: CalendarDate
    ) throws(PlanVersionError) {
        guard standing.state != .canceled else { throw .fixed(.canceled) }
        guard standing.state == .scheduled, let day = standing.effectiveOn else { return }
        guard day > today.description else { throw .fixed(.scheduled) }
    }

    private func checked(_ body: JSONObject, in context: WriteContext) throws -> FieldValues {
        let values = try FieldValues(PlanVersion.entity, json: body)
        if let prices = body[PlanVersion.prices.name] { try CatalogPrice.check(prices, at: PlanVersion.prices) }
        let today = CalendarDate(of: context.now).description
        if let day = values[PlanVersion.effectiveOn], day < today { throw PlanVersionError.dayPassed(today: today) }
        return values
    }

    private func store(_ statement: BoundStatement, _ transaction: PostgresTransaction) async throws -> Record {
        let result: PostgresResult
        do throws(PostgresError) {
            result = try await transaction.query(statement)
        } catch {
            throw RepositoryError.from(error, entity: PlanVersion.entity)
        }
        guard let row = result.first else { throw RepositoryError.unexpected(sqlState: nil) }
        return entities.record(row)
    }
}
