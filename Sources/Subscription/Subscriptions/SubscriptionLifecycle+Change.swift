import Billing
import Entities
import HTTPTypes
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// Changes that may make subscriptions live: they take places of the tenant's quota, and others are told.
extension SubscriptionLifecycle {
    /// Whether a change has to come here: it may take a place of somebody's quota, or names an invoice, perhaps by the
    /// provider's id. All others are plain updates.
    static func concerns(_ body: JSONObject) -> Bool {
        if body["invoiceId"] != nil { return true }
        guard let status = body["status"]?.intValue.flatMap({ TenantSubscription.Status(rawValue: $0) }) else {
            return ["planId", "subscriberId", "endDate"].contains { body[$0] != nil }
        }
        return status.mayBeLive
    }

    /// Rows that may take places in one request: for each tenant a lock is held until its end.
    static let largestReservation = 1000

    private static let tooManyReservations = HTTPFailure(
        .unprocessableContent, name: "UnprocessableEntityError",
        message: .string(
            "More than \(largestReservation) subscriptions would take a place of a quota. Narrow the condition."),
        code: "TOO_MANY_ROWS")

    /// Changes rows. `SUBSCRIPTION_ACTIVATED` is published, in the same transaction, for each that becomes ACTIVE and
    /// was not: the rows are locked before their status is looked at, so that of two who activate one it is told once.
    /// - Parameter body: Members to change, checked against the entity's schema.
    /// - Returns: The changed rows; those of a condition as they were before.
    /// - Throws: 422 when more rows than ``largestReservation`` need a place; 412 when the row of an id is not at a version that the request names; 404 when the row of an id, or
    ///   the invoice, is not there; 409 when a row needs a place and none is left.
    func change(
        _ target: SubscriptionRepository.Target, _ body: JSONObject, in scope: TenantScope,
        for request: OperationRequest
    ) async throws -> [Record] {
        let condition = if case .id = target { try request.versionCondition() } else { VersionCondition?.none }
        let body = try await namingInvoice(body, in: scope)
        let changes = try FieldValues(TenantSubscription.entity, json: body)
        let today = CalendarDate(of: clock.now())
        return try await pool.withTransaction(settings: scope.settings) { transaction in
            let rows = try await subscriptions.lock(target, in: scope, transaction)
            if rows.isEmpty, case .id(let id) = target {
                throw RepositoryError.notFound(
                    entity: TenantSubscription.entity.name, table: TenantSubscription.entity.table,
                    id: id.description)
            }
            if let condition, let version = try rows.first?.version, !condition.allows(version) {
                throw RepositoryError.versionMismatch(current: version)
            }
            let transitions = try rows.map { try Transition($0, body, on: today) }.sorted {
                $0.subscriber < $1.subscriber
            }
            let plans = Set(transitions.filter(\.needsPlan).map(\.plan))
            let summaries =
                plans.isEmpty ? [:] : try await self.summaries.summaries(of: plans, in: transaction)

            var isBulk = false
            if case .condition = target { isBulk = true }
            guard !isBulk || transitions.count(where: \.needsPlace) <= Self.largestReservation else {
                throw Self.tooManyReservations
            }
            var batch = PostgresBatch()
            // What needs no place is changed in one statement, and first: it may leave places to the others.
            let plain = isBulk ? transitions.filter { !$0.needsPlace }.map { PostgresValue.identifier($0.id) } : []
            if !plain.isEmpty {
                let all = try subscriptions.entities.updateAllStatement(
                    changes, where: .oneOf("id", plain), in: scope)
                batch.append(all)
            }
            var quotas: [Int: SubscriptionQuota] = [:]
            var updates: [Int] = []
            // Each place is filled before the next one is counted.
            for transition in transitions where transition.needsPlace || !isBulk {
                if transition.needsPlace {
                    let quota = SubscriptionQuota(general: quota, plan: summaries[transition.plan]?.tenantLimit)
                    let reservation = quota.reservation(
                        tenant: transition.subscriber, plan: transition.plan, on: today, changing: transition.id)
                    quotas[batch.append(reservation)] = quota
                }
                updates.append(
                    batch.append(try subscriptions.entities.updateStatement(transition.id, changes, in: scope)))
            }
            for transition in transitions where transition.activates {
                let event = SubscriptionEvent(
                    subscription: transition.result, tenant: transition.subscriber,
                    plan: summaries[transition.plan] ?? PlanSummary(json: ["id": .identifier(transition.plan)]),
                    instant: clock.now(), traceparent: request.traceparent)
                batch.add(try event.envelope(EventType.subscriptionActivated))
            }
            guard batch.count > 0 else { return [] }
            do throws(PostgresError) {
                let results = try await transaction.run(batch)
                if isBulk { return Array(rows) }
                return updates.compactMap { results[$0].first.map(subscriptions.entities.record) }
            } catch {
                if SubscriptionQuota.isExhausted(error), let quota = error.statementIndex.flatMap({ quotas[$0] }) {
                    throw quota.failure
                }
                throw RepositoryError.from(error, entity: TenantSubscription.entity)
            }
        }
    }

    /// The body with our id of the invoice that it names. A foreign key is blind to whose the invoice is: to a tenant's
    /// users another tenant's does not exist.
    private func namingInvoice(_ body: JSONObject, in scope: TenantScope) async throws -> JSONObject {
        guard let name = body["invoiceId"]?.stringValue else { return body }
        var body = body
        body["invoiceId"] = .identifier(try await invoices.require(name, of: scope.tenantId, in: scope))
        return body
    }

    /// Takes the deletion of a subscription back. One that is live takes a place of its tenant's quota again; nobody is
    /// told, as it was told when it became active.
    /// - Throws: 404 when no deleted row has the id; 409 when no place is left.
    func restore(_ id: Identifier, in scope: TenantScope, for request: OperationRequest) async throws -> Record {
        do throws(RepositoryError) {
            return try await subscriptions.entities.restoreById(
                id, in: scope,
                alongside: [
                    subscriptions.reserveAgain(id, general: quota, on: CalendarDate(of: clock.now()))
                ] + request.alongside(resource: id))
        } catch {
            guard case .unexpected(sqlState: SubscriptionQuota.exhausted) = error else { throw error }
            throw SubscriptionQuota(general: quota, plan: nil).failure
        }
    }

    /// What a change does to a row.
    private struct Transition {
        let id: Identifier
        /// The row as it will be.
        let result: JSONObject
        let subscriber: Identifier
        let plan: Identifier
        /// It takes a place that it did not have: of another tenant's, among those of another plan, or any at all.
        let needsPlace: Bool
        /// It becomes ACTIVE and was not.
        let activates: Bool

        var needsPlan: Bool { needsPlace || activates }

        init(_ row: Record, _ body: JSONObject, on today: CalendarDate) throws {
            id = try row.id
            var result = try JSONValue.parse(stored: row.json).objectValue ?? [:]
            // What the server sets is not the body's to change.
            let changeable = TenantSubscription.entity.fields.filter { $0.access == .readWrite }.map(\.name)
            for name in changeable { if let value = body[name] { result[name] = value } }
            self.result = result
            let subscriber = try row.identifier("subscriberId")
            self.subscriber = result["subscriberId"]?.stringValue.flatMap { Identifier($0) } ?? subscriber
            let plan = try row.identifier("planId")
            self.plan = result["planId"]?.stringValue.flatMap { Identifier($0) } ?? plan
            let before = TenantSubscription.Status(rawValue: try row.integer("status"))
            let after = result["status"]?.intValue.flatMap { TenantSubscription.Status(rawValue: $0) }
            let day = today.description
            let wasLive = before?.isLive(until: try row.textIfPresent("endDate"), on: day) == true
            let isLive = after?.isLive(until: result["endDate"]?.stringValue, on: day) == true
            needsPlace = isLive && (!wasLive || self.plan != plan || self.subscriber != subscriber)
            activates = after == .active && before != .active
        }
    }
}
