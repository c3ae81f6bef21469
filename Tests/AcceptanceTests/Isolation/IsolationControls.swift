import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport

/// What shows that the walk asks for something: rows are there, the operator sees both tenants' and each tenant its own,
/// and what a probe changes by one word is accepted as it is.
extension IsolationWorld {
    // MARK: Rows

    /// Collections whose rows are nobody's: the catalog, which every tenant may see and operators change.
    static let catalogue: Set<String> = [
        "/plans", "/plan-sizes", "/currencies", "/billing-cycles", "/resources", "/services", "/features",
        "/strategies", "/roles", "/meters", "/metered-prices", "/add-ons",
    ]

    /// A row of each collection of the catalog.
    static func catalogueRows(_ stack: TestStack) async throws -> [String: String] {
        let bodies: [String: JSONValue] = [
            "/plan-sizes": ["size": "M", "config": ["nodes": 2]], "/resources": ["name": "Disk", "config": ["gb": 1]],
            "/services": ["name": "Mail"], "/features": ["name": "Single sign-on", "key": "sso"],
            "/meters": ["name": "API calls", "key": "walked-calls", "aggregation": "sum"],
            "/add-ons": ["name": "Seats", "key": "walked-seats", "prices": [["currency": "USD", "amount": "1.00"]]],
        ]
        let role: JSONValue = ["name": "Walked", "audience": "tenant", "permissions": []]
        var rows = [
            "/roles": try await stack.tenantManagement.post("/roles", role, token: stack.admin).expect(201).string("id")
        ]
        for path in catalogue where rows[path] == nil && path != "/metered-prices" {
            if let body = bodies[path] {
                rows[path] = try await stack.subscription.post(path, body, token: stack.admin).expect(201).string("id")
            } else {
                let seeded = try await stack.subscription.get(path, token: stack.admin).expect(200).json
                rows[path] = seeded[0]?["id"]?.stringValue
            }
        }
        let price: JSONValue = [
            "planId": rows["/plans"].map { .string($0) } ?? .null, "meterKey": "walked-calls", "currencyCode": "USD",
            "price": ["model": "per_unit", "unitAmount": "0.01"],
        ]
        rows["/metered-prices"] = try await stack.subscription.post("/metered-prices", price, token: stack.admin)
            .expect(201).string("id")
        // Every parameter of a path gets the id of its plan.
        if let plan = rows["/plans"] {
            try await stack.database(.subscription).query(
                """
                INSERT INTO main.plan_versions (id, plan_id, number, state, prices)
                VALUES ($1::uuid, $1::uuid, 1, 'draft', '[{"currency": "USD", "amount": "1.00"}]')
                """, [.text(plan)])
        }
        return rows
    }

    /// A collection without rows would be asked for a row of another one, which nobody finds.
    var rowControls: [Job] {
        services.map { service -> Job in
            { @Sendable in
                for operation in service.document.operations where operation.hasID && operation.security != nil {
                    let collection = operation.collection
                    // Sessions are operators'.
                    guard collection != "/auth" else { continue }
                    let isThere =
                        Self.catalogue.contains(collection)
                        ? shared[collection] != nil : own.rows[collection] != nil && other.rows[collection] != nil
                    guard !isThere else { continue }
                    problems.add(
                        "\(collection) has no row: give it one in IsolationSide.rows, or name it in the catalogue",
                        kind: collection)
                }
            }
        }
    }

    // MARK: Reads

    /// Every read by the operator: of lists and counts, of the first tenant's row, and of the other's.
    var operatorControls: [Job] {
        services.flatMap { service in
            service.document.operations.filter { $0.isRead }.map { operation -> Job in
                { @Sendable in try await askAsOperator(service, operation) }
            }
        }
    }

    private func askAsOperator(_ service: Service, _ operation: APIDocument.Operation) async throws {
        guard operation.hasID else {
            // Have to name the tenant: see `controlBilling`, and the tests of usage.
            guard !["/billing-customer", "/usage"].contains(operation.path) else { return }
            let exchange = try await send(.operatorUser, service, "GET", operation.address(with: ""))
            if exchange.answer.status != 200 { add(exchange, "is not shown to the operator") }
            return
        }
        for side in [own, other] {
            let id = side.rows[operation.collection] ?? shared[operation.collection] ?? side.tenant
            checkShown(try await send(.operatorUser, service, "GET", operation.path(with: id)), operation, side)
        }
    }

    /// Reads of what belongs to tenants and is shown to operators only.
    static let operatorReads: Set<String> = [
        "GET /tenants/{id}/suspensions", "GET /tenants/{id}/deprovision", "GET /tenants/{id}/deprovision/certificate",
        "GET /tenants/{id}/deprovision/certificate/download", "GET /tenants/{id}/erasure", "GET /tenants/{id}/exports",
        "GET /tenant-exports/{id}",
        "GET /roles", "GET /roles/count", "GET /roles/{id}",
        "GET /plans/{id}/versions", "GET /plans/{id}/versions/{versionId}",
        "GET /repricings", "GET /repricings/count", "GET /repricings/{id}", "GET /repricings/{id}/subscriptions",
        "GET /subscriptions/parked", "GET /test-clocks", "GET /test-clocks/count", "GET /test-clocks/{id}",
        "GET /reports/mrr", "GET /reports/mrr/items", "GET /reports/churn", "GET /reports/churn/items",
        "GET /reports/receivables-aging", "GET /reports/receivables-aging/items", "GET /reports/tenants",
        "GET /reports/tenants/items",
        "GET /tenant-exports/{id}/archive", "GET /events", "GET /events/{id}", "GET /events/dead-letters",
    ]

    /// Notes it when a row is not shown to who may see it.
    func checkShown(_ exchange: Exchange, _ operation: APIDocument.Operation, _ side: IsolationSide) {
        guard exchange.answer.status == 200 else { return add(exchange, "does not show the row") }
        let isJSON = exchange.answer.headers["content-type"]?.hasPrefix("application/json") == true
        // Of what is left of credits there is nothing but amounts.
        guard isJSON, operation.collection != "/prepaid-credits", !Self.catalogue.contains(operation.collection) else {
            return
        }
        let isSide = side.secrets.contains { exchange.answer.bytes.contains(text: $0) }
        if !isSide { add(exchange, "shows a row that is not the one") }
    }

    // MARK: Writes

    /// Writes that are refused to a tenant's own users even as they should be sent, with the only right answers.
    private static let refused: [String: (statuses: Set<Int>, reason: String)] = [
        "POST /tenants": ([403], "tenants are made by operators and by leads"),
        "PUT /tenants/{id}": ([403], "a replacement names fields that only operators change"),
        "DELETE /tenants/{id}": ([403], "a tenant is deleted by operators"),
        "POST /tenants/{id}/provision": ([403], "operators and active subscriptions provision"),
        "POST /tenants/{id}/suspend": ([403], "operators suspend"),
        "POST /tenants/{id}/reactivate": ([403], "operators reactivate"),
        "POST /tenants/{id}/move": ([403], "operators move"),
        "POST /tenants/{id}/move/confirm": ([403], "operators move"),
        "POST /tenants/{id}/provisioning/resume": ([403], "operators intervene"),
        "POST /tenants/{id}/provisioning/skip": ([403], "operators intervene"),
        "POST /tenants/{id}/provisioning/abort": ([403], "operators intervene"),
        "POST /tenants/{id}/exports": ([403], "operators export"),
        "POST /tenants/{id}/erase": ([403], "operators erase"),
        "POST /tenants/{id}/deprovision": ([403], "operators off-board"),
        "POST /tenants/{id}/deprovision/cancel": ([403], "operators off-board"),
        "POST /tenants/{id}/domains/{domain}/approve": ([403], "operators approve domains"),
        "POST /tenants/{id}/domains/{domain}/release": ([403], "operators release domains"),
        "POST /events/{id}/replay": ([403], "operators publish events again"),
        "POST /events/dead-letters/{id}/retry": ([403], "operators retry events"),
        "PATCH /subscriptions": ([403], "operators change what is billed"),
        "PATCH /subscriptions/{id}": ([403], "operators change what is billed"),
        "PUT /subscriptions/{id}": ([403], "operators change what is billed"),
        "DELETE /subscriptions/{id}": ([403], "operators change what is billed"),
        "POST /subscriptions/{id}/activate": ([403], "operators decide what is provided"),
        "POST /subscriptions/{id}/change": ([403], "operators change what is billed"),
        "POST /subscriptions/{id}/cancel": ([403], "operators change what is billed"),
        "POST /subscriptions/{id}/uncancel": ([403], "operators change what is billed"),
        "POST /subscriptions/{id}/pause": ([403], "operators change what is billed"),
        "POST /subscriptions/{id}/resume": ([403], "operators change what is billed"),
        "POST /subscriptions/{id}/renew": ([403], "operators change what is billed"),
        "POST /subscriptions/{id}/attach": ([403], "operators change what is billed"),
        "POST /subscriptions/{id}/detach": ([403], "operators change what is billed"),
        "POST /subscriptions/{id}/override": ([403], "operators change what is billed"),
        "POST /subscriptions/{id}/end-override": ([403], "operators change what is billed"),
        "PATCH /subscriptions/{id}/changes/{changeId}": ([403], "operators change what is billed"),
        "DELETE /subscriptions/{id}/changes/{changeId}": ([403], "operators change what is billed"),
        "POST /subscriptions/{id}/unpark": ([403], "operators decide that it can be billed"),
        "POST /subscriptions/{id}/collection": ([403], "operators decide how it is collected"),
        "POST /billing-invoice/{invoiceId}/collect": ([403], "operators collect"),
        "POST /billing-invoice/{invoiceId}/collection/pause": ([403], "who owes does not decide when to pay"),
        "POST /billing-invoice/{invoiceId}/collection/resume": ([403], "operators collect"),
        "POST /billing-invoices/{id}/issue": ([403], "operators decide what is owed"),
        "POST /billing-invoices/{id}/void": ([403], "operators decide what is owed"),
        "POST /billing-invoices/{id}/write-off": ([403], "operators decide what is owed"),
        "POST /billing-invoices/{id}/credit-notes": ([403], "operators decide what is owed"),
        "POST /usage-events": ([403], "who uses does not say how much"),
        "POST /entitlements/{tenantId}/reserve": ([403], "the application reserves"),
        "POST /entitlements/{tenantId}/reservations/{reservationId}/commit": ([403], "the application reserves"),
        "POST /entitlements/{tenantId}/reservations/{reservationId}/release": ([403], "the application reserves"),
        "POST /entitlements/{tenantId}/token": ([422], "the feature of a sample does not exist"),
        "POST /credit-grants": ([403], "operators grant"),
        "POST /credit-grants/{id}/revoke": ([403], "operators grant"),
        "POST /reports/tenant-costs": ([403], "operators say what a tenant costs"),
        "POST /repricings/{id}/cancel": ([403], "operators decide what plans cost"),
        "POST /test-clocks": ([403], "operators move the time"),
        "POST /test-clocks/{id}/advance": ([403], "operators move the time"),
        "DELETE /test-clocks/{id}": ([403], "operators move the time"),
        "POST /billing-preview": ([422], "a sample with all members is no subscription, and nothing is read"),
        "POST /billing-invoice": ([403], "who owes does not say how much"),
        "PATCH /billing-invoice/{invoiceId}": ([403], "who owes does not say how much"),
        "POST /leads/{id}/tenants": ([401, 403], "only the lead itself, with its own token"),
        "POST /billing-customer": ([409], "one customer a tenant, and it has one"),
        "DELETE /billing-customer/{tenantId}": ([403], "who owes does not delete"),
        "DELETE /billing-invoice/{invoiceId}": ([403], "who owes does not delete"),
    ]

    /// Collections that a tenant's users only read.
    private static let readOnly = catalogue.union(["/feature-values", "/tenant-configs", "/invoices"])

    /// How a write of the first tenant's admin on its own row has to end; nil if users may not write it.
    private func rightStatuses(_ operation: APIDocument.Operation) -> Set<Int>? {
        // Lead keys, signatures and a provider's password are no tokens.
        guard operation.security == nil || operation.security == "HTTPBearer" else { return nil }
        if let (statuses, _) = Self.refused[operation.name] { return statuses }
        if operation.statuses.contains(405) { return [405] }
        // A deletion is taken back by operators.
        if Self.readOnly.contains(operation.collection) || operation.path.hasSuffix("/restore") { return [403] }
        return operation.statuses.filter { (200..<300).contains($0) }
    }

    /// Notes it when a write that should be accepted is not: each probe would be refused for the same other reason.
    func checkWritten(_ exchange: Exchange, _ operation: APIDocument.Operation) {
        guard let right = rightStatuses(operation), !right.contains(exchange.answer.status) else { return }
        add(exchange, "is not answered with \(right.sorted()) on the own row")
    }
}

extension APIDocument.Operation {
    /// Whether it shows something to somebody who has a token; some only ever explain why they do not.
    var isRead: Bool { method == "GET" && security == "HTTPBearer" && statuses.contains(200) }
}
