import JSONCoding
import Primitives
import TestSupport
import Testing

/// What a real client of the original calls, in its order and with its bodies (contract 14): plan, tenant, tenant
/// config, billing customer, invoice, subscription, payment; then the payment's webhook, which provisions the tenant.
@Suite struct ReferenceClientTests {
    private static let environment = [
        "PROVISION_ON_CREATE": "false", "WEBHOOK_USERNAME": "billing", "WEBHOOK_PASSWORD": "secret",
    ]

    @Test func fromAPlanToAProvisionedTenant() async throws {
        try await TestStack.run([.tenantManagement, .subscription], environment: Self.environment) { stack in
            let (tenants, billing, token) = (stack.tenantManagement, stack.subscription, stack.admin)

            let plan = try await plan(stack)
            let price = try #require(plan["price"]?.doubleValue)
            let planID = try #require(plan["id"]?.stringValue)
            let currency = try #require(plan["currency"]?["currencyCode"])

            let tenant = try await stack.createTenant()
            let tenantID = try #require(tenant["id"]?.stringValue)
            let contact = try #require(tenant["contacts"]?[0])
            try await tenants.post(
                "/tenant-configs",
                [
                    "configKey": "auth0", "tenantId": .string(tenantID),
                    "configValue": [
                        "password": "x", "connection": "y", "display_name": "z", "verify_email": true,
                        "page_background": "#fff", "primary_color": "#000",
                    ],
                ], token: token
            ).expect(201)

            // The client takes city, state and the like from the tenant's address, which may lack them.
            var person: JSONObject = ["company": tenant["name"] ?? "", "phone": "NA"]
            for name in ["firstName", "lastName", "email"] { person[name] = contact[name] }
            var address = person
            for name in ["city", "state", "zip", "country"] { address[name] = tenant["address"]?[name] ?? "" }
            address = JSONObject(address.map { ($0.key, $0.value.isNull ? "" : $0.value) })
            person["billingAddress"] = .object(address)
            let customer = try await billing.send(
                "POST", "/billing-customer", .object(person), token: token, headers: ["tenantId": tenantID]
            ).expect(201)
            let customerID = try customer.string("id")
            #expect(customer.json["phone"] == "NA" && customer.json["billingAddress"] == .object(address))

            // JavaScript's price * 100.
            let invoice = try await billing.post(
                "/billing-invoice",
                [
                    "customerId": .string(customerID), "currencyCode": currency,
                    "options": ["discounts": [], "autoCollection": "off"], "shippingAddress": .object(address),
                    "charges": [["amount": .double(price * 100), "description": plan["description"] ?? ""]],
                ], token: token
            ).expect(201)
            let invoiceID = try invoice.string("id")
            let charges = try #require(invoice.json["charges"]?.arrayValue)
            #expect(charges.compactMap { $0["amount"]?.intValue } == [1999])

            let subscription = try await billing.post(
                "/subscriptions",
                [
                    "planId": .string(planID), "subscriberId": .string(tenantID), "status": 1,
                    "invoiceId": .string(invoiceID),
                ], token: token
            ).expect(201)
            #expect(subscription.json["invoiceId"]?.stringValue == invoiceID)

            try await billing.post(
                "/billing-invoice/\(invoiceID)/payments",
                [
                    "paymentMethod": "bank_transfer",
                    "amount": .double(charges.compactMap { $0["amount"]?.doubleValue }.reduce(0, +)),
                    "date": .integer(stack.clock.now().seconds), "comment": "Paid via bank transfer",
                ], token: token
            ).expect(204)
            let paid = try await billing.get("/billing-invoice/\(invoiceID)", token: token).expect(200)
            #expect(paid.json["status"] == "paid")

            try await provision(stack, customerID: customerID, tenantID: tenantID)
            #expect(try await stack.status(ofTenant: tenantID) == 2)
        }
    }

    /// A plan with its currency and cycle; 19.99 is a price that floating point cannot hold.
    private func plan(_ stack: TestStack) async throws -> JSONValue {
        let (client, token) = (stack.subscription, stack.admin)
        let currencies = try await client.get("/currencies?filter[where][currencyCode]=USD", token: token).expect(200)
        let cycles = try await client.get("/billing-cycles?filter[where][cycleName]=MONTHLY", token: token).expect(200)
        let created = try await client.post(
            "/plans",
            [
                "name": "Starter", "description": "Starter plan", "tier": "STANDARD", "price": 19.99, "size": "M",
                "metaData": [:], "currencyId": currencies.json[0]?["id"] ?? .null,
                "billingCycleId": cycles.json[0]?["id"] ?? .null,
            ], token: token
        ).expect(201)
        try await client.post("/plan-sizes", ["size": "M", "config": ["nodes": 2]], token: token).expect(201)
        try await client.post("/features", ["name": "Single sign-on", "key": "sso"], token: token).expect(201)
        let id = try created.string("id")
        try await client.post(
            "/plans/\(id)/features", [["featureKey": "sso", "value": "on"]], token: token
        ).expect(201)
        let filter: JSONValue = ["include": ["currency", "billingCycle"]]
        let plan = try await client.get("/plans/\(id)?\(filter.parameter())", token: token).expect(200).json
        #expect(plan["billingCycle"]?["cycleName"] == "MONTHLY")
        return plan
    }

    /// What the client does when its provider reports a payment.
    private func provision(_ stack: TestStack, customerID: String, tenantID: String) async throws {
        let (client, token) = (stack.subscription, stack.admin)
        let byCustomer: JSONValue = [
            "where": ["customerId": .string(customerID)], "include": [["relation": "invoices"]],
        ]
        let found = try await client.get("/billing-customer?\(byCustomer.parameter())", token: token).expect(200)
        let info = try #require(found.json["info"])
        #expect(found.json["customerDetails"]?["firstName"] == "Ann")
        #expect(info["tenantId"]?.stringValue == tenantID)
        let providerID = try #require(info["invoices"]?[0]?["invoiceId"])
        #expect(info["invoices"]?[0]?["invoiceStatus"] == "paid")
        let report: JSONValue = [
            "id": "ev_1", "event_type": "payment_succeeded", "webhook_status": "scheduled",
            "content": ["invoice": ["id": providerID, "status": "paid"]],
        ]
        try await client.send(
            "POST", "/webhooks/billing-payment", report, headers: ["authorization": "Basic YmlsbGluZzpzZWNyZXQ="]
        ).expect(204)

        let bySubscriber: JSONValue = ["where": ["subscriberId": info["tenantId"] ?? .null], "include": ["plan"]]
        let subscriptions = try await client.get("/subscriptions?\(bySubscriber.parameter())", token: token).expect(200)
        var subscription = try #require(subscriptions.json[0]?.objectValue)
        var plan = try #require(subscription["plan"]?.objectValue)
        let bySize: JSONValue = ["where": ["size": plan["size"] ?? .null]]
        let sizes = try await client.get("/plan-sizes?\(bySize.parameter())", token: token).expect(200)
        plan["sizeConfig"] = sizes.json[0]?["config"]
        let features = try await client.get("/plans/\(plan["id"]?.stringValue ?? "")/features", token: token)
            .expect(200)
        #expect(features.json["features"]?[0]?["value"]?["value"] == "on")
        plan["features"] = features.json["features"]
        subscription["plan"] = .object(plan)
        try await stack.tenantManagement.post(
            "/tenants/\(tenantID)/provision", .object(subscription), token: token
        ).expect(204)
    }
}
