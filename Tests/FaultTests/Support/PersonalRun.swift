import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport

/// Services in their own processes, with the log of production, that are told about people wherever that is possible.
final class PersonalRun {
    let services: ServiceProcesses
    private let receiver: String

    // Texts that occur nowhere else.
    private let first = "First\(SecureRandom.hex(bytes: 8))"
    private let last = "Last\(SecureRandom.hex(bytes: 8))"
    private let mailbox = "mail\(SecureRandom.hex(bytes: 8))"
    private let street = "Street\(SecureRandom.hex(bytes: 8))"
    private let city = "City\(SecureRandom.hex(bytes: 8))"
    private let phone = "+47 \(SecureRandom.hex(bytes: 8))"
    private let note = "Note\(SecureRandom.hex(bytes: 8))"
    private let clientAddress = "203.0.113.77"
    private let card = "4242424242424242"

    /// What must be in no log.
    var personal: [SecretForms] {
        [
            SecretForms("first name", first), SecretForms("last name", last), SecretForms("mail address", mailbox),
            SecretForms("street", street), SecretForms("city", city), SecretForms("phone number", phone),
            SecretForms("note", note), SecretForms("address of the client", clientAddress), SecretForms("card", card),
        ]
    }

    static func run(receiver: String, _ body: (PersonalRun) async throws -> Void) async throws {
        let run = PersonalRun(services: try await ServiceProcesses(on: try TestServers.current()), receiver: receiver)
        let settings = [
            "LOG_LEVEL": "info", "ACCESS_LOG": "true", "TRUSTED_PROXIES": "127.0.0.1", "WEBHOOK_ALLOW_HTTP": "true",
            "WEBHOOK_ALLOW_PRIVATE_ADDRESSES": "true",
        ]
        try await run.services.run(settings) { try await body(run) }
    }

    private init(services: ServiceProcesses, receiver: String) {
        self.services = services
        self.receiver = receiver
    }

    // MARK: What is told

    private func email(_ key: String) -> String { "\(mailbox)@\(key).example.com" }

    private func contact(_ key: String) -> JSONObject {
        [
            "firstName": .string(first), "lastName": .string(last), "email": .string(email(key)), "isPrimary": false,
        ]
    }

    /// A prospect, a tenant with contacts, what operators note about it, and its end.
    func work() async throws {
        let management = try services.client(.tenantManagement)
        let tokens = await TestTokens(clock: SystemClock())
        // Some identity providers use mail addresses as ids.
        let admin = try await tokens.operatorToken(user: "\(mailbox)@operators.example.com")
        let key = TestStack.uniqueKey()
        let address: JSONObject = [
            "address": .string(street), "city": .string(city), "state": .string(city), "zip": "0150", "country": "NO",
        ]
        var body: JSONObject = [
            "firstName": .string(first), "lastName": .string(last), "companyName": .string("\(last) & Sons"),
            "email": .string(email(key)), "address": .object(address),
        ]
        let lead = try await management.post("/leads", .object(body)).expect(201).string("id")
        let code = try await services.data.mails.key(ofLead: lead)
        let token = try await management.post("/leads/\(lead)/verify", token: code).expect(200).string("token")
        let tenant = try await management.post(
            "/leads/\(lead)/tenants", ["key": .string(key), "domains": [.string("\(key).example.com")]], token: token
        ).expect(201).string("id")
        // Registered once more.
        _ = try await management.post("/leads", .object(body))
        body["email"] = .string("\(mailbox)@@example")
        try await management.post("/leads", .object(body)).expect(422)
        try await management.post(
            "/tenants/\(tenant)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: admin
        ).expect(204)
        try await eventually("the tenant is active") {
            try await management.get("/tenants/\(tenant)", token: admin).json["status"] == 0
        }

        var person = contact(key)
        person["tenantId"] = .string(tenant)
        let row = try await management.post("/contacts", .object(person), token: admin).expect(201).string("id")
        try await management.patch("/contacts/\(row)", ["lastName": .string(last + "-\(first)")], token: admin)
            .expect(204)
        try await sell(tenant, key, admin)
        try await manage(tenant, key, admin)
        try await refuse(tenant, key, admin)
    }

    /// Billing.
    private func sell(_ tenant: String, _ key: String, _ admin: String) async throws {
        let subscription = try services.client(.subscription)
        try await eventually("the subscription service knows the tenant") {
            try await services.data.database(.subscription).count(
                "SELECT count(*) FROM main.known_tenants WHERE tenant_id = '\(tenant)'") == 1
        }
        let address: JSONValue = [
            "firstName": .string(first), "lastName": .string(last), "email": .string(email(key)),
            "phone": .string(phone), "city": .string(city), "state": .string(city), "zip": "0150", "country": "NO",
        ]
        let customer = try await subscription.send(
            "POST", "/billing-customer",
            [
                "firstName": .string(first), "lastName": .string(last), "email": .string(email(key)),
                "company": .string(last), "phone": .string(phone), "billingAddress": address,
            ], token: admin, headers: ["tenantId": tenant]
        ).expect(201).string("id")
        let source = try await subscription.post(
            "/billing-payment-source",
            [
                "customerId": .string(customer),
                "card": [
                    "gatewayAccountId": .string(note), "number": .string(card), "expiryMonth": 12, "expiryYear": 2040,
                    "cvv": "123",
                ],
            ], token: admin
        ).expect(201).string("id")
        let invoice = try await subscription.post(
            "/billing-invoice",
            [
                "customerId": .string(customer), "currencyCode": "USD", "shippingAddress": address,
                "charges": [["amount": 5000, "description": .string(note)]],
            ], token: admin
        ).expect(201).string("id")
        try await subscription.post(
            "/billing-invoice/\(invoice)/payments",
            [
                "paymentMethod": "payment_source", "paymentSourceId": .string(source), "comment": .string(note),
                "referenceNumber": .string(note), "idAtGateway": .string(note),
            ], token: admin
        ).expect(204)
        try await subscription.send(
            "POST", "/billing-customer", ["firstName": .string(first), "email": .string(mailbox)], token: admin,
            headers: ["tenantId": tenant]
        ).expect(422)
    }

    /// What operators do with a tenant.
    private func manage(_ tenant: String, _ key: String, _ admin: String) async throws {
        let management = try services.client(.tenantManagement)
        let endpoint = try await management.post(
            "/webhook-endpoints",
            [
                "url": .string("\(receiver)/hook/\(mailbox)?to=\(mailbox)%40example.com"),
                "description": .string(note), "audience": "tenant", "tenantId": .string(tenant),
            ], token: admin
        ).expect(201).string("id")
        let delivery = try await management.post("/webhook-endpoints/\(endpoint)/test", token: admin).expect(201)
            .string("id")
        try await eventually("the receiver has refused it") {
            let shown = try await management.get("/webhook-deliveries/\(delivery)", token: admin).expect(200)
            return (shown.json["attempts"]?.intValue ?? 0) > 0
        }
        let robot: JSONValue = [
            "name": .string("\(first)'s key"), "description": .string(note), "audience": "tenant",
            "tenantId": .string(tenant), "permissions": ["10207"],
        ]
        let apiKey = try await management.post("/api-keys", robot, token: admin).expect(201)
        try await management.post(
            "/api-keys/\(try apiKey.string("id"))/rotate", ["reason": .string(note)], token: admin
        ).expect(200)
        try await management.post(
            "/token-revocations",
            ["kind": "user", "value": .string("\(mailbox)@left.example.com"), "reason": .string(note)], token: admin
        ).expect(201)
        try await eventually("an event is published again") {
            let event = try await management.get("/events", token: admin).expect(200).json[0]?["id"]?.stringValue
            let replay = try await management.post(
                "/events/\(event ?? "")/replay", ["reason": .string(note)], token: admin)
            return replay.status == 202
        }
        try await management.post(
            "/tenants/\(tenant)/suspend", ["reason": "operator", "note": .string(note)], token: admin
        ).expect(200)
        try await management.post(
            "/tenants/\(tenant)/reactivate", ["reason": "operator", "note": .string(note)], token: admin
        ).expect(200)
        try await management.post(
            "/tenants/\(tenant)/deprovision", ["reason": .string(note), "graceDays": 0], token: admin
        ).expect(202)
        try await eventually("the tenant is removed") {
            try await management.get("/tenants/\(tenant)/deprovision", token: admin).json["state"] == "DONE"
        }
        try await management.post("/tenants/\(tenant)/erase", token: admin).expect(200)
    }

    /// Requests that are refused, with people in every part.
    private func refuse(_ tenant: String, _ key: String, _ admin: String) async throws {
        let management = try services.client(.tenantManagement)
        let (mail, name) = ("\(email(key))", "\(first)%20\(last)")
        let headers = [
            "user-agent": "\(first) \(last)", "from": mail, "referer": "https://example.com/\(mail)",
            "x-forwarded-for": clientAddress, "idempotency-key": mailbox, "if-match": "\"\(mailbox)\"",
            "cookie": "name=\(first)", "prefer": mailbox, "traceparent": mailbox, "x-signature": mailbox,
            "x-timestamp": mailbox,
        ]
        let filter: JSONValue = ["where": ["email": .string(mail)]]
        let body: JSONValue = ["name": .string(first), "email": .string(mail), "initiatorId": .string(mail)]
        for kind in StackData.ServiceKind.allCases {
            for token in [admin, mailbox, nil] {
                for path in [
                    "/contacts?\(filter.parameter())", "/contacts/\(mail)", "/contacts?filter=\(mail)", "/\(mail)",
                    "/\(name)", "/leads/\(mail)", "/tenants/\(mail)/domains/\(mail)", "/plans?where=\(name)",
                    "/billing-customer/\(mail)", "/auth/sessions?userId=\(mail)", "/auth/login?returnTo=\(mail)",
                ] { _ = try await services.client(kind).send("GET", path, token: token, headers: headers) }
                for (method, path) in [
                    ("POST", "/webhook"), ("POST", "/contacts"), ("PATCH", "/contacts/\(mail)"), ("POST", "/tenants"),
                    ("PUT", "/tenants/\(tenant)"), ("DELETE", "/leads/\(mail)"), ("POST", "/leads/\(mail)/verify"),
                    ("POST", "/webhooks/billing-payment"), ("POST", "/event-bridge/events/\(mail)"),
                ] { _ = try await services.client(kind).send(method, path, body, token: token, headers: headers) }
            }
        }
        try await management.get("/health/ready").expect(200)
    }
}
