import Billing
import Entities
import HTTPTypes
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

/// The HTTP operations of prepaid credits.
struct CreditGrantController: Sendable {
    let crud: CRUDOperations
    let grants: EntityRepository
    let repository: CreditGrantRepository
    let meters: MeterRepository
    let tenants: EntitledTenants
    let time: TenantTime

    static let path = "/credit-grants"

    var operations: [Operation] {
        [create(), crud.count(), crud.find(), crud.findByID(), uses(), revoke(), balances()]
    }

    private func create() -> Operation {
        var operation = crud.create()
        operation.summary = "Grant a tenant credit, which its invoices use up"
        return operation.checkingFirst { call in
            let body = try call.request.object()
            guard let tenant = body.value(of: CreditGrant.tenantID),
                try await tenants.unknown(among: [tenant]).isEmpty
            else {
                throw HTTPFailure.invalidField(
                    CreditGrant.tenantID.path, code: "exists", "must be the id of a tenant")
            }
            if let code = body.value(of: CreditGrant.currencyCode), (try? Currency(code))?.isKnown != true {
                throw HTTPFailure.invalidField(
                    CreditGrant.currencyCode.path, code: "exists", "must be the code of a currency")
            }
            let now = try await time.clock(of: tenant) ?? call.request.instant
            if let expiry = body.value(of: CreditGrant.expiresOn), expiry <= now {
                throw HTTPFailure.invalidField(
                    CreditGrant.expiresOn.path, code: "past", "must be in the future")
            }
            let keys = Set((body[CreditGrant.meters.name]?.arrayValue ?? []).compactMap(\.stringValue))
            let known = try await meters.meters(named: keys, in: call.scope)
            guard keys.allSatisfy({ known[$0] != nil }) else {
                throw HTTPFailure.invalidField(CreditGrant.meters.path, code: "exists", "must be keys of meters")
            }
        }
    }

    private func revoke() -> Operation {
        Operation(
            .post, "\(Self.path)/{id}/revoke", id: "CreditGrantController.revoke",
            summary: "Take back what is left of a grant; if the grant was paid for, that has to be paid back",
            access: CreditGrantPolicy.revoke, parameters: [.id],
            responses: [.init(.noContent, "Nothing is left of it")],
            failures: [.notFound: "There is no such CreditGrant"],
            idempotency: .recover { _ in .noContent },
            handler: .scoped { call in
                let id = try call.request.identifier()
                let context = call.writeContext
                let grant = try await grants.findByID(id, in: call.scope)
                let tenant = try grant[CreditGrant.tenantID]
                try await context.withTransaction(on: repository.pool, resource: id) { transaction in
                    var batch = PostgresBatch()
                    batch.add(
                        AuditedCommand.statement("revoke", CreditGrant.entity.name, id: id, tenant: tenant))
                    batch.add(CreditGrantRepository.revoke(id))
                    _ = try await transaction.run(batch)
                }
                return .noContent
            })
    }

    // MARK: What is left, and what has happened

    private static let balanceSchema = Schema.object(
        [
            .init("currency", .string().example("USD"), required: true),
            .init(
                "available", Schema.integer().example(7_500).described("For everything, in minor units"), required: true
            ),
            .init(
                "restricted", Schema.integer().example(0).described("Only for the usage of some meters"), required: true
            ),
            .init(
                "nextExpiry", Schema.string(format: .dateTime).nullable().described("When a part of it expires next"),
                required: true),
        ], name: "PrepaidBalance")

    private func balances() -> Operation {
        Operation(
            .get, "/prepaid-credits/{tenantId}", id: "CreditGrantController.balances",
            summary: "What a tenant has left of its credits, currency by currency",
            access: CreditGrantPolicy.access.view,
            parameters: [EntitlementController.tenant],
            responses: [.init(.ok, "The balances", schema: .array(of: Self.balanceSchema))],
            failures: [.notFound: "There is no such tenant"],
            handler: .scoped { call in
                let tenant = try call.request.identifier("tenantId")
                if let own = call.scope.tenantID, own != tenant { throw HTTPFailure.entityNotFound }
                if call.scope.isOperator, try await !tenants.unknown(among: [tenant]).isEmpty {
                    throw HTTPFailure.entityNotFound
                }
                let balances = try await repository.balances(of: tenant, in: call.scope)
                return .json { writer in
                    writer.beginArray()
                    for balance in balances {
                        writer.beginObject()
                        writer.member("currency", balance.currency)
                        writer.member("available", balance.available)
                        writer.member("restricted", balance.restricted)
                        writer.key("nextExpiry")
                        writer.value(balance.nextExpiry.map { .timestamp($0) } ?? JSONValue.null)
                        writer.endObject()
                    }
                    writer.endArray()
                }
            })
    }

    private static let useSchema = Schema.object(
        [
            .init("id", .string(format: .uuid), required: true),
            .init("kind", .string(oneOf: ["grant", "burn", "return", "expiry", "revoke"]), required: true),
            .init(
                "amount", Schema.integer().example(-2_500).described("Added to what is left, in minor units"),
                required: true),
            .init("invoiceId", Schema.string(format: .uuid).nullable(), required: true),
            .init("creditNoteId", Schema.string(format: .uuid).nullable(), required: true),
            .init("occurredOn", .string(format: .dateTime), required: true),
        ], name: "CreditUse")

    private static let pageSize = 200

    private func uses() -> Operation {
        Operation(
            .get, "\(Self.path)/{id}/uses", id: "CreditGrantController.uses",
            summary: "What has happened to a grant; the amounts add up to what is left",
            access: CreditGrantPolicy.access.view,
            parameters: [.id, .cursor],
            responses: [
                .init(.ok, "The movements, oldest first", schema: .array(of: Self.useSchema), headers: [.link])
            ],
            failures: [.notFound: "There is no such CreditGrant"],
            handler: .scoped { call in
                let id = try call.request.identifier()
                _ = try await grants.findByID(id, in: call.scope)
                let cursor = QueryString.first("cursor", in: call.request.query)
                let after = try cursor.map { text throws(HTTPFailure) in try ReportPage.position(text) }
                let uses = try await repository.uses(of: id, after: after, limit: Self.pageSize, in: call.scope)
                var response = OperationResponse.json { writer in
                    writer.beginArray()
                    for use in uses {
                        writer.beginObject()
                        writer.member("id", use.id)
                        writer.member("kind", use.kind)
                        writer.member("amount", use.amount)
                        for (name, other) in [("invoiceId", use.invoice), ("creditNoteId", use.creditNote)] {
                            writer.key(name)
                            writer.value(other.map { .identifier($0) } ?? JSONValue.null)
                        }
                        writer.key("occurredOn")
                        writer.value(JSONValue.timestamp(use.occurredOn))
                        writer.endObject()
                    }
                    writer.endArray()
                }
                response.linkToPage(
                    after: uses.count == Self.pageSize ? uses.last?.id.description : nil, of: call.request)
                return response
            })
    }
}
