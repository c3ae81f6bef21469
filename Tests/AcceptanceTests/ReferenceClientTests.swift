import JSONCoding
import PostgresTestSupport
import Primitives
import ServiceKit
import StackTestSupport
import Testing

/// What a real client of the original calls, in its order, with its bodies and its kind of token
/// (docs/contract/arc-api.md 14): perhaps a lead; plan, tenant, tenant config, billing customer, invoice, subscription,
/// payment; then the payment's webhook, which provisions the tenant; its lists and its reminders.
@Suite struct ReferenceClientTests {
    private static let environment = [
        "PROVISION_ON_CREATE": "false", "WEBHOOK_USERNAME": "billing", "WEBHOOK_PASSWORD": "secret",
        // A loaded machine may need longer than the tokens live.
        "JWT_CLOCK_SKEW_SECONDS": "300",
    ]

    /// A service, called as the client calls it: each time with a new token that names no user and lives for 5 seconds.
    private struct ServiceClient: Sendable {
        let client: TestHTTPClient
        let issuer: TokenIssuer

        func send(_ method: String, _ path: String, _ body: JSONValue? = nil, headers: [String: String] = [:])
            async throws -> TestResponse
        {
            let claims = TokenIssuer.Claims(
                id: nil, userTenantID: TestTokens.operatorTenant, permissions: TestTokens.allPermissions)
            let token = try await issuer.issue(claims, lifetime: .seconds(5))
            return try await client.send(method, path, body, token: token, headers: headers)
        }

        func get(_ path: String) async throws -> TestResponse { try await send("GET", path) }
        func post(_ path: String, _ body: JSONValue) async throws -> TestResponse { try await send("POST", path, body) }
    }

    /// Both services.
    private struct Client: Sendable {
        let stack: TestStack
        let tenants: ServiceClient
        let billing: ServiceClient

        init(_ stack: TestStack) async {
            let issuer = await TokenIssuer(
                secret: TestTokens.secret, issuer: TestTokens.issuer, clock: stack.clock)
            self.stack = stack
            tenants = ServiceClient(client: stack.tenantManagement, issuer: issuer)
            billing = ServiceClient(client: stack.subscription, issuer: issuer)
        }
    }

    @Test(arguments: [false, true]) func `a client gets from a plan to a provisioned tenant`(isLead: Bool) async throws
    {
        try await TestStack.run([.tenantManagement, .subscription], environment: Self.environment) { stack in
            let client = await Client(stack)
            let (tenants, billing) = (client.tenants, client.billing)

            let plan = try await plan(client)
            let price = try #require(plan["price"]?.doubleValue)
            let planID = try #require(plan["id"]?.stringValue)
            let currency = try #require(plan["currency"]?["currencyCode"])

            let tenant = try await isLead ? tenantOfLead(client) : newTenant(client)
            let tenantID = try #require(tenant["id"]?.stringValue)
            try await stack.awaitAnnouncement(ofTenant: tenantID)
            let contact = try #require(tenant["contacts"]?[0])
            try await tenants.post(
                "/tenant-configs",
                [
                    "configKey": "auth0", "tenantId": .string(tenantID),
                    "configValue": [
                        "password": "x", "connection": "y", "display_name": "z", "verify_email": true,
                        "page_background": "#fff", "primary_color": "#000",
                    ],
                ]
            ).expect(201)

            // The client takes city, state and the like from the tenant's address, which may lack them.
            var person: JSONObject = ["company": tenant["name"] ?? "", "phone": "NA"]
            for name in ["firstName", "lastName", "email"] { person[name] = contact[name] }
            var address = person
            for name in ["city", "state", "zip", "country"] { address[name] = tenant["address"]?[name] ?? "" }
            address = JSONObject(address.map { ($0.key, $0.value.isNull ? "" : $0.value) })
            person["billingAddress"] = .object(address)
            let customer = try await billing.send(
                "POST", "/billing-customer", .object(person), headers: ["tenantId": tenantID]
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
                ]
            ).expect(201)
            let invoiceID = try invoice.string("id")
            let charges = try #require(invoice.json["charges"]?.arrayValue)
            #expect(charges.compactMap { $0["amount"]?.intValue } == [1999])

            let subscription = try await billing.post(
                "/subscriptions",
                [
                    "planId": .string(planID), "subscriberId": .string(tenantID), "status": 1,
                    "invoiceId": .string(invoiceID),
                ]
            ).expect(201)
            #expect(subscription.json["invoiceId"]?.stringValue == invoiceID)

            try await billing.post(
                "/billing-invoice/\(invoiceID)/payments",
                [
                    "paymentMethod": "bank_transfer",
                    "amount": .double(charges.compactMap { $0["amount"]?.doubleValue }.reduce(0, +)),
                    "date": .integer(stack.clock.now().seconds), "comment": "Paid via bank transfer",
                ]
            ).expect(204)
            let paid = try await billing.get("/billing-invoice/\(invoiceID)").expect(200)
            #expect(paid.json["status"] == "paid")

            try await provision(client, customerID: customerID, tenantID: tenantID)
            #expect(try await stack.status(ofTenant: tenantID) == 2)
            if isLead { try await listLeads(client, tenant) }
            try await remind(client, subscriptionID: try subscription.string("id"), tenantID: tenantID)
        }
    }

    // MARK: The tenant

    private func newTenant(_ client: Client) async throws -> JSONValue {
        try await client.tenants.post("/tenants", .object(TestStack.tenantBody())).expect(201).json
    }

    /// `POST /leads`, `POST /leads/{id}/verify` with the key from the mail, and the tenant with the token that it gave.
    private func tenantOfLead(_ client: Client) async throws -> JSONValue {
        let name = TestStack.uniqueKey()
        let (lead, token) = try await client.stack.validatedLead(name)
        let tenant = try await client.stack.tenantManagement.post(
            "/leads/\(lead)/tenants", ["key": .string(name), "domains": [.string("\(name).example.com")]], token: token
        ).expect(201).json
        #expect(tenant["leadId"]?.stringValue == lead)
        #expect(tenant["contacts"]?[0]?["email"]?.stringValue == "ann@\(name).example.com")
        return tenant
    }

    /// The client's `GET /leads/tenants`: the leads that have proven their address, with the tenants that came of them.
    private func listLeads(_ client: Client, _ tenant: JSONValue) async throws {
        let (without, _) = try await client.stack.validatedLead(TestStack.uniqueKey())
        let leadBody = JSONValue.object(TestStack.leadBody(TestStack.uniqueKey()))
        try await client.stack.tenantManagement.post("/leads", leadBody).expect(201)
        _ = try await newTenant(client)

        let validated: JSONValue = ["where": ["isValidated": true]]
        let leads = try await client.tenants.get("/leads?\(validated.parameter())").expect(200).json.arrayValue ?? []
        let ids = leads.compactMap { $0["id"] }
        let lead = try #require(tenant["leadId"])
        #expect(Set(ids.compactMap(\.stringValue)) == [without, lead.stringValue])
        let ofLeads: JSONValue = ["where": ["leadId": ["inq": .array(ids)]]]
        let tenants = try await client.tenants.get("/tenants?\(ofLeads.parameter())").expect(200).json.arrayValue ?? []
        #expect(tenants.count == 1 && tenants[0]["leadId"] == lead && tenants[0]["id"] == tenant["id"])
    }

    // MARK: The subscription

    /// A plan with its currency and cycle; 19.99 is a price that floating point cannot hold.
    private func plan(_ client: Client) async throws -> JSONValue {
        let client = client.billing
        let currencies = try await client.get("/currencies?filter[where][currencyCode]=USD").expect(200)
        let cycles = try await client.get("/billing-cycles?filter[where][cycleName]=MONTHLY").expect(200)
        let created = try await client.post(
            "/plans",
            [
                "name": "Starter", "description": "Starter plan", "tier": "STANDARD", "price": 19.99, "size": "M",
                "metaData": [:], "currencyId": currencies.json[0]?["id"] ?? .null,
                "billingCycleId": cycles.json[0]?["id"] ?? .null,
            ]
        ).expect(201)
        try await client.post("/plan-sizes", ["size": "M", "config": ["nodes": 2]]).expect(201)
        try await client.post("/features", ["name": "Single sign-on", "key": "sso"]).expect(201)
        let id = try created.string("id")
        try await client.post(
            "/plans/\(id)/features", [["featureKey": "sso", "value": "on"]]
        ).expect(201)
        let filter: JSONValue = ["include": ["currency", "billingCycle"]]
        let plan = try await client.get("/plans/\(id)?\(filter.parameter())").expect(200).json
        #expect(plan["billingCycle"]?["cycleName"] == "MONTHLY")
        return plan
    }

    /// What the client does when its provider reports a payment.
    private func provision(_ client: Client, customerID: String, tenantID: String) async throws {
        let (client, tenants) = (client.billing, client.tenants)
        let byCustomer: JSONValue = [
            "where": ["customerId": .string(customerID)], "include": [["relation": "invoices"]],
        ]
        let found = try await client.get("/billing-customer?\(byCustomer.parameter())").expect(200)
        let info = try #require(found.json["info"])
        #expect(found.json["customerDetails"]?["firstName"] == "Ann")
        #expect(info["tenantId"]?.stringValue == tenantID)
        let providerID = try #require(info["invoices"]?[0]?["invoiceId"])
        #expect(info["invoices"]?[0]?["invoiceStatus"] == "paid")
        let report: JSONValue = [
            "id": "ev_1", "event_type": "payment_succeeded", "webhook_status": "scheduled",
            "content": ["invoice": ["id": providerID, "status": "paid"]],
        ]
        try await client.client.send(
            "POST", "/webhooks/billing-payment", report, headers: ["authorization": "Basic YmlsbGluZzpzZWNyZXQ="]
        ).expect(204)

        let bySubscriber: JSONValue = ["where": ["subscriberId": info["tenantId"] ?? .null], "include": ["plan"]]
        let subscriptions = try await client.get("/subscriptions?\(bySubscriber.parameter())").expect(200)
        var subscription = try #require(subscriptions.json[0]?.objectValue)
        var plan = try #require(subscription["plan"]?.objectValue)
        let bySize: JSONValue = ["where": ["size": plan["size"] ?? .null]]
        let sizes = try await client.get("/plan-sizes?\(bySize.parameter())").expect(200)
        plan["sizeConfig"] = sizes.json[0]?["config"]
        let features = try await client.get("/plans/\(plan["id"]?.stringValue ?? "")/features")
            .expect(200)
        #expect(features.json["features"]?[0]?["value"]?["value"] == "on")
        plan["features"] = features.json["features"]
        subscription["plan"] = .object(plan)
        try await tenants.post("/tenants/\(tenantID)/provision", .object(subscription)).expect(204)
    }

    /// The client's `POST /subscriptions/send-reminders`: `days` is in the query, where the original does not look.
    private func remind(_ client: Client, subscriptionID: String, tenantID: String) async throws {
        let dates = try await client.stack.database(.subscription).texts(
            """
            SELECT (current_date + days)::text FROM unnest(ARRAY[-40, -1, 3]) WITH ORDINALITY AS d (days, n) ORDER BY n
            """)
        let path = "/subscriptions/\(subscriptionID)"
        try await client.billing.send("PATCH", path, ["endDate": .string(dates[2])]).expect(204)
        let soon = try await client.billing.get("/subscriptions/expire-soon?days=7").expect(200).json
        #expect(soon.arrayValue?.count == 1 && soon[0]?["id"]?.stringValue == subscriptionID)
        #expect(soon[0]?["subscriberId"]?.stringValue == tenantID)

        let ended: JSONValue = ["startDate": .string(dates[0]), "endDate": .string(dates[1])]
        try await client.billing.send("PATCH", path, ended).expect(204)
        let today = try await client.billing.get("/subscriptions/expired?days=0").expect(200).json
        #expect(today.arrayValue?.isEmpty == true)
        let expired = try await client.billing.get("/subscriptions/expired?days=5").expect(200).json
        #expect(expired.arrayValue?.count == 1 && expired[0]?["subscriptionId"]?.stringValue == subscriptionID)
        #expect(expired[0]?["subscriberId"]?.stringValue == tenantID)
    }
}
