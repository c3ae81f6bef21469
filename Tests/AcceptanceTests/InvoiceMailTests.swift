import JSONCoding
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// Mails about invoices, over both services.
@Suite struct InvoiceMailTests {
    private static let environment = [
        "PROVISION_ON_CREATE": "false", "INVOICE_MAIL_LINK": "https://app.example.com/billing/{id}",
    ]

    /// Subscribes a tenant whose billing customer has these members, and returns its first invoice, which is issued then.
    private func subscribed(_ stack: TestStack, _ tenant: String, _ customer: JSONValue) async throws -> JSONValue {
        try await stack.subscription.send(
            "POST", "/billing-customer", customer, token: stack.admin, headers: ["tenantId": tenant]
        ).expect(201)
        let subscription = try await stack.subscription.post(
            "/subscriptions",
            [
                "subscriberId": .string(tenant), "planId": .string(try await stack.plan(tier: "PREMIUM")), "status": 1,
            ], token: stack.admin
        ).expect(201).string("id")
        let path = "/subscriptions/\(subscription)/invoice"
        let draft = try await stack.subscription.get(path, token: stack.admin).expect(200).string("id")
        return try await stack.subscription.post("/billing-invoices/\(draft)/issue", token: stack.admin).expect(200)
            .json
    }

    @Test func `a customer gets one mail for each step of an invoice`() async throws {
        try await TestStack.run([.tenantManagement, .subscription], environment: Self.environment) { stack in
            let tenant = try await stack.createTenantID()
            let invoice = try await subscribed(
                stack, tenant, ["firstName": "Ann", "email": "ann@billing.example.com"])
            let id = try #require(invoice["id"]?.stringValue)
            let number = try #require(invoice["number"]?.stringValue, "\(invoice)")
            let issued = try await stack.mails.mail(containing: "Here is invoice \(number)")
            #expect(issued.contains("To: ann@billing.example.com"))
            #expect(issued.contains("https://app.example.com/billing/\(id)"))

            try await stack.subscription.post(
                "/billing-invoices/\(id)/credit-notes", ["lines": [["position": 1, "amount": 1]]], token: stack.admin
            ).expect(201)
            _ = try await stack.mails.mail(containing: "corrects invoice \(number)")
            try await stack.subscription.post(
                "/billing-invoice/\(id)/payments", ["paymentMethod": "bank_transfer"], token: stack.admin
            ).expect(204)
            _ = try await stack.mails.mail(containing: "for invoice \(number). It is paid in full.")

            // A customer without an address: the tenant's contact gets it.
            let other = TestStack.uniqueKey()
            let second = try await subscribed(stack, try await stack.createTenantID(key: other), ["firstName": "Bob"])
            let next = try #require(second["number"]?.stringValue)
            let contact = try await stack.mails.mail(containing: "Here is invoice \(next)")
            #expect(contact.contains("To: ann@\(other).example.com"))

            // Every event was handled, and each has made one mail.
            let database = try stack.database(.tenantManagement)
            try await eventually("all mails have left") {
                try await database.count("SELECT count(*) FROM main.notifications") == 0
            }
            #expect(stack.mails.mails().filter { $0.contains(number) || $0.contains(next) }.count == 4)
            #expect(
                try await database.count("SELECT count(*) FROM main.inbox WHERE consumer = 'billing-notices'") == 4)
        }
    }
}
