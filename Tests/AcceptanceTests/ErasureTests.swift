import Crypto
import Entities
import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Subscription
import TenantManagement
import TestSupport
import Testing

/// The erasure of personal data, which keeps fiscal records.
@Suite struct ErasureTests {
    /// Fields of texts and JSON without personal data, or that are fiscal records.
    private static let kept: Set<String> = [
        "Tenant.key", "Contact.type", "Resource.externalIdentifier", "Resource.type", "Invoice.invoiceFile",
        "Invoice.currencyCode", "TenantMgmtConfig.configKey", "TenantSuspension.reason", "TenantSuspension.suspendedBy",
        "TenantSuspension.endedBy",
        "TenantExport.state", "TenantExport.requestedBy", "TenantExport.lastError", "TenantExport.sha256",
        // Of operators, or of the tenant's program.
        "WebhookEndpoint.eventTypes", "WebhookEndpoint.signing", "WebhookEndpoint.disabledReason",
        "WebhookEndpoint.audience",
        "ApiKey.audience", "ApiKey.prefix", "ApiKey.permissions", "ApiKey.roles",
        // Needed until the tokens have expired, and then removed.
        "TokenRevocation.kind", "TokenRevocation.value", "TokenRevocation.reason",
        // Of the subscription service: the catalog is nobody's, invoices and payments are records.
        "ParkedSubscription.parkedReason", "InvoiceCollection.method", "InvoiceCollection.state",
        "InvoiceCollection.failureCode", "ProviderRefund.payment", "ProviderRefund.currencyCode",
        "ProviderRefund.refund", "ProviderRefund.failureCode", "Invoice.collectionMethod", "Subscription.paymentState",
        "SubscriptionChange.type", "SubscriptionChange.state", "SubscriptionChange.policy",
        "SubscriptionChange.requestedOn", "SubscriptionChange.effectiveOn", "SubscriptionChange.change",
        "SubscriptionChange.origin", "RepricedSubscription.state", "RepricedSubscription.reason",
        "RepricedSubscription.currency", "RepricedSubscription.quantity", "RepricedSubscription.priceBefore",
        "RepricedSubscription.priceAfter", "RepricedSubscription.monthlyBefore", "RepricedSubscription.monthlyAfter",
        "RepricedSubscription.difference", "RepricedSubscription.effectiveOn",
        "Subscription.startDate", "Subscription.endDate", "Invoice.invoiceId", "Invoice.invoiceStatus",
        "Invoice.periodStart", "Invoice.periodEnd", "Invoice.issuedOn", "InvoiceLine.description",
        "InvoiceLine.periodStart", "InvoiceLine.periodEnd", "BillingCustomer.tenantId", "BillingCustomer.customerId",
        "BillingCustomer.paymentSourceId", "Payment.currencyCode", "Payment.paymentMethod", "Payment.paymentSourceId",
        "Payment.referenceNumber", "Payment.customPaymentMethodId", "Payment.idAtGateway", "Payment.status",
        "Invoice.number", "Invoice.series", "Invoice.dueOn", "InvoiceLine.kind", "InvoiceLine.details",
        "CreditNote.number", "CreditNote.currencyCode", "CreditNote.destination", "CreditNote.issuedOn",
        "CreditNoteLine.description", "LedgerEntry.kind", "LedgerEntry.account", "LedgerEntry.currencyCode",
        "CreditGrant.currencyCode", "CreditGrant.meters",
        "Payment.errorCode", "Payment.errorText", "FeatureValues.featureKey",
        "FeatureValues.strategyKey", "FeatureValues.value",
    ]

    @Test func `every field of a tenant's rows is personal, or was found not to be`() throws {
        for catalog in [try TenantManagementCatalog.make(), try SubscriptionCatalog.make()] {
            for entity in catalog.entities where entity.tenancy != .shared && entity.tenancy != .operatorOnly {
                for field in entity.fields where [.string, .json, .strings].contains(field.type) {
                    let name = "\(entity.name).\(field.name)"
                    #expect(
                        field.personalData != nil || Self.kept.contains(name) || Self.isErasedAsWhole(entity),
                        "\(name): say in its description what an erasure leaves of it (personal), or list it here")
                }
            }
        }
    }

    /// Deliveries, their attempts and replays are removed as a whole. The audit log erases its own contents, and keeps its chain.
    private static func isErasedAsWhole(_ entity: Entity) -> Bool {
        ["webhook_deliveries", "webhook_attempts", "webhook_replays", "audit_logs"].contains(entity.table)
    }

    /// A webhook endpoint of a tenant, with a delivery that waits for it and an answer to another.
    private static func webhook(of tenant: String, _ stack: TestStack, marker: String) async throws -> String {
        let endpoint = try await stack.tenantManagement.post(
            "/webhook-endpoints",
            [
                "url": .string("https://\(marker).example.com/hook"), "description": .string(marker),
                "audience": "tenant", "tenantId": .string(tenant), "eventTypes": ["SUBSCRIPTION_ACTIVATED"],
            ], token: stack.admin
        ).expect(201).string("id")
        let database = try stack.database(.tenantManagement)
        for statement in [
            """
            INSERT INTO main.webhook_deliveries (
                id, endpoint_id, owner_id, tenant_id, event_id, event_type, status, body, next_attempt_on)
            SELECT gen_random_uuid(), id, owner_id, owner_id, gen_random_uuid(), 'TENANT_CREATED', state,
                convert_to($2::text, 'UTF8'), now() + interval '1 day'
            FROM main.webhook_endpoints, unnest(ARRAY['PENDING', 'FAILED']) AS state WHERE id = $1::uuid
            """,
            """
            INSERT INTO main.webhook_attempts (id, delivery_id, owner_id, number, started_on, duration_millis, response)
            SELECT gen_random_uuid(), id, owner_id, 1, now(), 1, $2::text FROM main.webhook_deliveries
            WHERE status = 'FAILED' AND endpoint_id = $1::uuid
            """,
            """
            INSERT INTO main.webhook_replays (id, endpoint_id, owner_id, from_on, to_on, reason, deliveries)
            SELECT gen_random_uuid(), id, owner_id, now(), now(), $2::text, 1 FROM main.webhook_endpoints WHERE id = $1::uuid
            """,
        ] { try await database.query(statement, [.text(endpoint), .text(marker)]) }
        return endpoint
    }

    @Test func `an erasure disables the tenant's webhook endpoints and removes addresses, secrets and deliveries`()
        async throws
    {
        try await TestStack.run([.tenantManagement]) { stack in
            let (marker, otherMarker) = (TestStack.uniqueKey(), TestStack.uniqueKey())
            let (tenant, other) = (try await stack.createTenantID(), try await stack.createTenantID())
            let endpoint = try await Self.webhook(of: tenant, stack, marker: marker)
            let kept = try await Self.webhook(of: other, stack, marker: otherMarker)
            let database = try stack.database(.tenantManagement)
            let tables: Set = ["webhook_endpoints", "webhook_queues", "webhook_attempts", "webhook_replays"]
            #expect(try await Self.tables(database, with: marker).isSuperset(of: tables))
            let hook = try await TestWebhook.of(tenant, stack)
            try await hook.send().expect(204)
            try await Self.offboarded(stack, tenant)
            let certificate = try await stack.tenantManagement.post("/tenants/\(tenant)/erase", token: stack.admin)
                .expect(200)
            #expect(certificate.text.contains("WebhookEndpoint"))
            #expect(try await Self.tables(database, with: marker) == [])
            let shown = try await stack.tenantManagement.get("/webhook-endpoints/\(endpoint)", token: stack.admin)
                .expect(200)
            #expect(shown.json["isEnabled"] == false && shown.json["url"] == "https://erased.invalid/")
            let counts = try await database.texts(
                """
                SELECT (SELECT count(*) FROM main.webhook_secrets WHERE owner_id = $1::uuid) || ' '
                    || (SELECT count(*) FROM main.webhook_deliveries WHERE owner_id = $1::uuid)
                """, [.text(tenant)])
            #expect(counts == ["0 0"])
            // That of another tenant is as it was.
            let untouched = try await stack.tenantManagement.get("/webhook-endpoints/\(kept)", token: stack.admin)
            #expect(untouched.json["isEnabled"] == true && untouched.text.contains(otherMarker))
            #expect(try await Self.tables(database, with: otherMarker).isSuperset(of: tables))
        }
    }

    private static func offboarded(_ stack: TestStack, _ tenant: String) async throws {
        try await stack.tenantManagement.post(
            "/tenants/\(tenant)/deprovision", ["reason": "Over", "graceDays": 0], token: stack.admin
        ).expect(202)
        try await TestRemoval.report(try await TestRemoval.begun(tenant, stack)).expect(204)
    }

    /// A tenant from a lead, whose marker is in every text about people.
    private static func tenant(_ stack: TestStack, marker: String) async throws -> String {
        let text = JSONValue.string(marker)
        let lead = try await stack.validatedLead(
            marker,
            body: [
                "firstName": text, "lastName": text, "companyName": text,
                "email": .string("ann@\(marker).example.com"),
                "address": ["address": text, "city": text, "state": text, "zip": text, "country": text],
            ])
        return try await stack.tenantManagement.post(
            "/leads/\(lead.id)/tenants", ["key": text, "domains": [.string("\(marker).example.com")]],
            token: lead.token
        ).expect(201).string("id")
    }

    /// Tables with a text that contains the marker, `key` of tenants aside.
    private static func tables(_ database: TestDatabase, with marker: String) async throws -> Set<String> {
        var found: Set<String> = []
        let passing = ["outbox", "idempotency_keys", "event_feed", "offboardings"]
        let tables = try await database.texts(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = 'main' AND tablename <> ALL ($1)",
            [.textArray(passing)])
        for table in tables {
            let row = table == "tenants" ? "(t.name, t.domains)::text" : "t::text"
            let count = try await database.count(
                "SELECT count(*) FROM main.\(table) AS t WHERE strpos(\(row), $1) > 0", [.text(marker)])
            if count > 0 { found.insert(table) }
        }
        return found
    }

    @Test func `nothing about people is left of a tenant without invoices`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let marker = TestStack.uniqueKey()
            let tenant = try await Self.tenant(stack, marker: marker)
            let (management, billing) = (try stack.database(.tenantManagement), try stack.database(.subscription))
            try await stack.subscription.send(
                "POST", "/billing-customer",
                [
                    "firstName": .string(marker), "email": .string("ann@\(marker).example.com"),
                    "company": .string(marker),
                    "billingAddress": [
                        "firstName": .string(marker), "lastName": .string(marker),
                        "email": .string("ann@\(marker).example.com"), "company": .string(marker),
                        "phone": .string(marker), "city": .string(marker), "state": .string(marker),
                        "zip": .string(marker), "country": .string(marker),
                    ],
                ], token: stack.admin, headers: ["tenantId": tenant]
            ).expect(201)
            try await stack.tenantManagement.post(
                "/tenant-configs",
                ["configKey": "notes", "configValue": ["of": .string(marker)], "tenantId": .string(tenant)],
                token: stack.admin
            ).expect(201)
            #expect(
                try await Self.tables(management, with: marker).isSuperset(of: [
                    "tenants", "leads", "contacts", "addresses", "tenant_mgmt_configs", "tenant_domains",
                ]))
            let path = "/tenants/\(tenant)/erase"
            let early = try await stack.tenantManagement.post(path, token: stack.admin)
            #expect(early.status == 409 && early.errorCode == "TENANT_NOT_OFFBOARDED")
            let export = try await stack.tenantManagement.post("/tenants/\(tenant)/exports", token: stack.admin)
                .expect(202).string("id")
            _ = try await stack.archive(ofExport: export)
            try await Self.offboarded(stack, tenant)
            let first = try await stack.tenantManagement.post(path, token: stack.admin).expect(200)
            #expect(try await Self.tables(management, with: marker) == [])
            #expect(try await management.count("SELECT count(*) FROM main.tenant_export_chunks") == 0)
            let archive = try await stack.tenantManagement.get("/tenant-exports/\(export)/archive", token: stack.admin)
            #expect(archive.status == 409)
            try await eventually("the subscription service has erased, too") {
                try await Self.tables(billing, with: marker) == []
            }

            #expect(try await stack.tenantManagement.post(path, token: stack.admin).expect(200).bytes == first.bytes)
            let stored = try await stack.tenantManagement.get("/tenants/\(tenant)/erasure", token: stack.admin)
            #expect(stored.bytes == first.bytes)
            var content = try #require(first.json.objectValue)
            let checksum = content["sha256"]?.stringValue
            content["sha256"] = nil
            let digest = SHA256.hash(data: Data(JSONValue.object(content).serialized()))
            #expect(checksum == Hex.encode(Array(digest)))
            let shown = try await stack.tenantManagement.get("/tenants/\(tenant)", token: stack.admin).expect(200)
            #expect(shown.json["name"] == "erased" && shown.json["domains"] == [])
            let back = try await stack.tenantManagement.post(
                "/tenants/\(tenant)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: stack.admin)
            #expect(back.status == 409 && back.errorCode == "TENANT_ERASED")
        }
    }

    @Test func `what invoices need is kept`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let marker = TestStack.uniqueKey()
            let tenant = try await Self.tenant(stack, marker: marker)
            let invoice = try await stack.tenantManagement.post(
                "/invoices",
                [
                    "startDate": "2026-01-01", "endDate": "2026-01-31", "dueDate": "2026-02-15", "amount": 100,
                    "currencyCode": "USD", "status": 0, "tenantId": .string(tenant),
                ], token: stack.admin
            ).expect(201).string("id")
            try await Self.offboarded(stack, tenant)
            let certificate = try await stack.tenantManagement.post(
                "/tenants/\(tenant)/erase", token: stack.admin
            ).expect(200)
            let kept = certificate.json["keptForInvoices"]?.arrayValue ?? []
            #expect(Set(kept.compactMap { $0["entity"]?.stringValue }) == ["Tenant", "Address"])
            let database = try stack.database(.tenantManagement)
            // The recipient, as the invoice has to name it; persons are not on it.
            #expect(try await Self.tables(database, with: marker) == ["tenants", "addresses"])
            let shown = try await stack.tenantManagement.get("/invoices/\(invoice)", token: stack.admin).expect(200)
            #expect(shown.json["amount"] == 100)
        }
    }
}
