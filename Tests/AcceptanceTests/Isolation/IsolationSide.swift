import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport

/// A tenant that came from a lead and has everything that a tenant can have. Its marker is in every text that it is
/// free to choose, so that whatever leaks is found by searching the bytes.
struct IsolationSide: Sendable {
    /// The tenant's key, and part of all its texts.
    let marker: String
    let tenant: String
    let lead: String
    /// An own row of each collection, by path.
    var rows: [String: String] = [:]
    /// The ids of all rows, in both databases.
    var identifiers: [String] = []
    /// One id of each table, by the table's name: what is asked for.
    var samples: [String: String] = [:]
    /// Ids that a billing provider has given, which are no UUIDs.
    var providerIDs: [String] = []

    /// What may be found in no answer to anybody else.
    var secrets: [String] { [marker] + identifiers + providerIDs }

    static func make(
        _ stack: TestStack, _ services: [IsolationWorld.Service], _ problems: Problems
    ) async throws -> IsolationSide {
        let marker = TestStack.uniqueKey()
        let text = JSONValue.string(marker)
        let email = JSONValue.string("ann@\(marker).example.com")
        let (lead, token) = try await stack.validatedLead(
            marker,
            body: [
                "firstName": text, "lastName": text, "companyName": text, "email": email,
                "address": ["address": text, "city": text, "state": text, "zip": text, "country": text],
            ])
        let tenant = try await stack.tenantManagement.post(
            "/leads/\(lead)/tenants", ["key": text, "domains": [.string("\(marker).example.com")]], token: token
        ).expect(201).string("id")
        var side = IsolationSide(marker: marker, tenant: tenant, lead: lead)
        try await side.addRows(stack)
        for service in services { try await side.addGeneratedRows(stack, service) }
        try await side.addStoredRows(stack)
        try await stack.awaitAnnouncement(ofTenant: tenant)
        for kind in [DatabaseTemplate.tenantManagement, .subscription] {
            let tables = try await TenantTables.read(try stack.database(kind))
            try await tables.fill(side, problems)
            let found = try await tables.identifiers(side)
            side.identifiers += found.values.flatMap(\.self)
            for (table, ids) in found { side.samples["\(kind.name).\(table)"] = ids.first }
        }
        return side
    }

    /// What has an operation.
    private mutating func addRows(_ stack: TestStack) async throws {
        let text = JSONValue.string(marker)
        let owner = JSONValue.string(tenant)
        func create(
            _ client: TestHTTPClient, _ path: String, _ body: JSONValue, headers: [String: String] = [:]
        ) async throws -> String {
            let headers = headers.merging(["idempotency-key": "\(marker)-\(path.dropFirst())"]) { $1 }
            return try await client.send("POST", path, body, token: stack.admin, headers: headers)
                .expect(201).string("id")
        }
        let management = stack.tenantManagement
        rows = ["/tenants": tenant, "/leads": lead, "/entitlements": tenant, "/prepaid-credits": tenant]
        try await stack.holdDomain(APIDocument.domain(of: tenant), tenant: tenant)
        rows["/contacts"] = try await create(
            management, "/contacts",
            [
                "firstName": text, "lastName": text, "email": .string("x@\(marker).example.com"), "type": text,
                "isPrimary": false, "tenantId": owner,
            ])
        rows["/invoices"] = try await create(
            management, "/invoices",
            [
                "startDate": "2026-01-01", "endDate": "2026-01-31", "dueDate": "2026-02-15", "amount": 100,
                "currencyCode": "USD", "invoiceFile": text, "status": 0, "tenantId": owner,
            ])
        let endpoint = try await create(
            management, "/webhook-endpoints",
            [
                "url": .string("https://hooks.example.com/\(marker)"), "description": text, "audience": "tenant",
                "tenantId": owner, "isEnabled": false,
            ])
        rows["/webhook-endpoints"] = endpoint
        rows["/webhook-deliveries"] = try await management.post(
            "/webhook-endpoints/\(endpoint)/test", token: stack.admin
        ).expect(201).string("id")
        try await management.post(
            "/webhook-endpoints/\(endpoint)/replay",
            ["from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "reason": text], token: stack.admin
        ).expect(200)
        rows["/api-keys"] = try await create(
            management, "/api-keys",
            [
                "name": text, "description": text, "audience": "tenant", "tenantId": owner,
                "permissions": ["10207"],
            ])
        let key = rows["/api-keys"] ?? ""
        try await eventually("the subscription service knows the key") {
            try await stack.database(.subscription).count(
                "SELECT count(*) FROM main.api_keys WHERE id = $1::uuid", [.text(key)]) == 1
        }
        rows["/token-revocations"] = try await create(
            management, "/token-revocations",
            ["kind": "token", "value": text, "reason": text, "tenantId": owner])
        // The subscription service has copies.
        let copies = try stack.database(.subscription)
        for table in ["api_key_secrets", "token_revocations"] {
            try await eventually("the copy has arrived") {
                try await copies.count(
                    "SELECT count(*) FROM main.\(table) WHERE tenant_id = $1::uuid", [.text(tenant)]) > 0
            }
        }
        rows["/tenant-configs"] = try await create(
            management, "/tenant-configs", ["configKey": text, "configValue": ["of": text], "tenantId": owner])
        rows["/subscriptions"] = try await create(
            stack.subscription, "/subscriptions",
            ["subscriberId": owner, "planId": .string(try await stack.plan(tier: "STANDARD")), "status": 0])
        // On the real time, since a tenant with subscriptions gets no clock.
        rows["/test-clocks"] = try await stack.database(.subscription).texts(
            """
            INSERT INTO main.test_clocks (id, tenant_id, name, instant)
            VALUES (gen_random_uuid(), $1::uuid, $2, date_trunc('milliseconds', now())) RETURNING id::text
            """, [owner.stringValue.map { .text($0) } ?? .null, .text(marker)]
        ).first
        rows["/credit-grants"] = try await create(
            stack.subscription, "/credit-grants",
            ["tenantId": owner, "currencyCode": "USD", "amount": 100, "name": .string(marker)])
        rows["/feature-values"] = try await create(
            stack.subscription, "/feature-values",
            ["featureKey": text, "strategyKey": "Tenant", "strategyEntityId": owner, "value": text])

        let email = JSONValue.string("ann@\(marker).example.com")
        let address: JSONValue = [
            "firstName": text, "lastName": text, "email": email, "company": text, "phone": text, "city": text,
            "state": text, "zip": text, "country": "DE", "options": ["of": text],
        ]
        let customer = try await create(
            stack.subscription, "/billing-customer",
            [
                "firstName": text, "lastName": text, "email": email, "company": text, "phone": text,
                "billingAddress": address, "options": ["of": text],
            ], headers: ["tenantId": tenant])
        let source = try await create(
            stack.subscription, "/billing-payment-source",
            [
                "customerId": .string(customer),
                "card": [
                    "gatewayAccountId": text, "number": "4242424242424242", "expiryMonth": 12, "expiryYear": 2040,
                    "cvv": "123",
                ],
            ])
        let invoice = try await create(
            stack.subscription, "/billing-invoice",
            [
                "customerId": .string(customer), "currencyCode": "USD", "options": ["of": text],
                "shippingAddress": address, "charges": [["amount": 5000, "description": text]],
            ])
        try await stack.subscription.post(
            "/billing-invoice/\(invoice)/payments",
            [
                "paymentMethod": "payment_source", "paymentSourceId": .string(source), "referenceNumber": text,
                "idAtGateway": text, "comment": text,
            ], token: stack.admin
        ).expect(204)
        // One that is still open, so that it can be changed and paid.
        let open = try await stack.subscription.post(
            "/billing-invoice",
            [
                "customerId": .string(customer), "currencyCode": "USD", "options": ["of": text],
                "shippingAddress": address, "charges": [["amount": 5000, "description": text]],
            ], token: stack.admin
        ).expect(201).string("id")
        rows["/billing-customer"] = customer
        rows["/billing-payment-source"] = source
        rows["/billing-invoice"] = open
        // The one that gets a credit note.
        rows["/billing-invoices"] = invoice
        providerIDs = try await stack.database(.subscription).texts(
            """
            SELECT customer_id FROM main.billing_customer WHERE tenant_id = $1
            UNION ALL SELECT source_id FROM main.ledger_payment_sources WHERE tenant_id = $1
            UNION ALL SELECT invoice_id FROM main.invoice WHERE tenant_id::text = $1 AND invoice_id IS NOT NULL
            """, [.text(tenant)])
    }
}
