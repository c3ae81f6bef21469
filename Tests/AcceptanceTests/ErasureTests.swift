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
        "WebhookEndpoint.url", "WebhookEndpoint.eventTypes", "WebhookEndpoint.description", "WebhookEndpoint.signing",
        "WebhookEndpoint.disabledReason",
        // Of the subscription service: the catalog is nobody's, invoices and payments are records.
        "Subscription.startDate", "Subscription.endDate", "Invoice.invoiceId", "Invoice.invoiceStatus",
        "Invoice.periodStart", "Invoice.periodEnd", "Invoice.issuedOn", "InvoiceLine.description",
        "InvoiceLine.periodStart", "InvoiceLine.periodEnd", "BillingCustomer.tenantId", "BillingCustomer.customerId",
        "BillingCustomer.paymentSourceId", "Payment.currencyCode", "Payment.paymentMethod", "Payment.paymentSourceId",
        "Payment.referenceNumber", "Payment.customPaymentMethodId", "Payment.idAtGateway", "Payment.status",
        "Payment.errorCode", "Payment.errorText", "FeatureValues.featureKey",
        "FeatureValues.strategyKey", "FeatureValues.value",
    ]

    @Test func `every field of a tenant's rows is personal, or was found not to be`() throws {
        for catalog in [try TenantManagementCatalog.make(), try SubscriptionCatalog.make()] {
            for entity in catalog.entities where entity.tenancy != .shared && entity.tenancy != .operatorOnly {
                for field in entity.fields where [.string, .json, .strings].contains(field.type) {
                    let name = "\(entity.name).\(field.name)"
                    #expect(
                        field.personalData != nil || Self.kept.contains(name) || Self.isOfWebhooks(entity),
                        "\(name): say in its description what an erasure leaves of it (personal), or list it here")
                }
            }
        }
    }

    /// Deliveries are removed as a whole.
    private static func isOfWebhooks(_ entity: Entity) -> Bool { entity.table.hasPrefix("webhook_") }

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
            try await eventually("an archive is made") {
                try await stack.tenantManagement.get("/tenant-exports/\(export)", token: stack.admin).json["state"]
                    == "DONE"
            }
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
