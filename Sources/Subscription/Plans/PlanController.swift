import Billing
import Entities
import HTTPTypes
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

/// The HTTP operations of plans.
struct PlanController: Sendable {
    let crud: CRUDOperations
    let plans: CachedRows
    let currencies: CachedRows
    let subscriptions: SubscriptionRepository

    static let permissions = CRUDPermissions(create: ["7005"], view: ["7008"], update: ["7006"], delete: ["7007"])

    var operations: [Operation] {
        [
            priced(crud.create()), crud.count(), crud.find(), priced(crud.updateAll()), findById(),
            priced(crud.updateById()), priced(crud.replaceById()), crud.deleteById().forOperators(), crud.restoreById(),
            findSubscriptions(),
        ]
    }

    /// `GET /plans/{id}`: from the cache when the whole row is asked for, as one statement otherwise.
    private func findById() -> Operation {
        var operation = crud.findById()
        operation.handler = .scoped { call in
            guard call.request.query.isEmpty else { return try .entity(try await crud.read(call), for: call.request) }
            guard let body = try await plans.body(of: try call.request.identifier()) else {
                throw HTTPFailure.entityNotFound
            }
            return try .entity(body.bytes, tag: EntityTag(version: body.version), for: call.request)
        }
        return operation
    }

    /// `GET /plans/{id}/subscriptions`: an unknown plan has none (contract 6.1).
    private func findSubscriptions() -> Operation {
        Operation(
            .get, "/plans/{id}/subscriptions", id: "PlanSubscriptionController.find",
            summary: "The subscriptions to a plan", security: .bearer(permissions: ["7008", "7004"]),
            parameters: [.id],
            responses: [
                .init(.ok, "Array of Subscription", schema: .array(of: TenantSubscription.entity.schema))
            ],
            failures: [.notFound: "The id is none; a plan that does not exist has no subscriptions"],
            handler: .scoped { call in
                let plan = try call.request.identifier()
                let filter = Filter(where: .equals("planId", .identifier(plan)))
                return .json(try await subscriptions.entities.find(filter, in: call.scope).json)
            })
    }

    /// A write for operators, whose price must be one that can be billed.
    private func priced(_ operation: Operation) -> Operation {
        operation.checkingFirst { call in
            try await checkPrice(try call.request.object(), plan: Identifier(call.request.pathParameter("id")))
        }.forOperators()
    }

    /// A price with more decimals than its currency would have to be rounded at every invoice, so it is refused when it
    /// is written.
    private func checkPrice(_ body: JSONObject, plan id: Identifier?) async throws {
        guard body["price"] != nil || body["currencyId"] != nil else { return }
        let current = if let id { try await plans.object(of: id) } else { JSONObject?.none }
        guard case .number(let price)? = body["price"] ?? current?["price"] else { return }
        var code: String?
        if let currency = (body["currencyId"] ?? current?["currencyId"])?.stringValue.flatMap({ Identifier($0) }) {
            guard let row = try await currencies.object(of: currency) else {
                throw RepositoryError.relatedNotFound(
                    detail: "Key (currency_id)=(\(currency)) is not present in table \"currencies\".")
            }
            code = row["currencyCode"]?.stringValue
        }
        do {
            // A bulk change names no currency: then no more decimals than any currency has.
            _ = try Money(decimal: price.literal, currency: Currency(code ?? "CLF"))
        } catch .invalidCurrency {
            return
        } catch .tooManyDecimals {
            throw HTTPFailure.invalidField(
                "/price", code: "decimals", "must NOT have more decimals than \(code ?? "any currency") has")
        } catch {
            throw HTTPFailure.invalidField("/price", code: "range", "must be an amount of money: \(error)")
        }
    }
}
