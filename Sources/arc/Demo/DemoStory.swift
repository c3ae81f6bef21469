import JSONCoding
import NIOHTTP1
import Primitives
import TenantManagement

/// The end-to-end scenario: a prospect becomes a paying, provisioned tenant; then an operator creates a tenant directly.
struct DemoStory: Sendable {
    let tenantManagement: String
    let subscription: String
    let client: DemoClient
    let outbox: MailOutbox
    let token: String
    let report: DemoReport

    func run() async throws {
        let name = "d" + SecureRandom.hex(bytes: 4)
        try await report.step("services answer") {
            _ = try await client.call(.GET, "\(tenantManagement)/ping", expect: 200)
            _ = try await client.call(.GET, "\(subscription)/ping", expect: 200)
            return ((), "\(tenantManagement) and \(subscription)")
        }
        let lead = try await register(name)
        let leadToken = try await verify(lead)
        let tenant = try await becomeTenant(lead, token: leadToken, name: name)
        let subscribed = try await subscribe(tenant)
        try await activate(subscribed, tenant: tenant)
        try await inspect(tenant)
        try await report.step("welcome mail") {
            _ = try await outbox.mail(containing: "\(name) Ltd is ready")
            return ((), "arrived")
        }
        try await operatorPath(name)
    }

    private func register(_ name: String) async throws -> String {
        try await report.step("POST /leads") {
            let body = try await client.call(
                .POST, "\(tenantManagement)/leads",
                body: [
                    "firstName": "Ann", "lastName": "Lee", "companyName": .string("\(name) Ltd"),
                    "email": .string("ann@\(name).example.com"),
                    "address": ["address": "1 Main Street", "city": "Springfield", "country": "India"],
                ], expect: 201)
            let id = try text(body, "id")
            return (id, "lead \(id)")
        }
    }

    private func verify(_ lead: String) async throws -> String {
        let key = try await report.step("verification mail") {
            let mail = try await outbox.mail(containing: "/\(lead)?code=")
            guard let after = mail.firstRange(of: "/\(lead)?code=") else {
                throw CommandFailure(description: "the mail has no key")
            }
            let key = String(mail[after.upperBound...].prefix { $0.isHexDigit })
            return (key, "key of \(key.count) characters received by mail")
        }
        let token = try await report.step("POST /leads/{id}/verify") {
            let body = try await client.call(.POST, "\(tenantManagement)/leads/\(lead)/verify", token: key, expect: 200)
            return (try text(body, "token"), "received a token for this lead")
        }
        try await report.step("the key is refused the second time") {
            _ = try await client.call(.POST, "\(tenantManagement)/leads/\(lead)/verify", token: key, expect: 401)
            return ((), "refused with 401")
        }
        return token
    }

    private func becomeTenant(_ lead: String, token: String, name: String) async throws -> String {
        try await report.step("POST /leads/{id}/tenants") {
            let body = try await client.call(
                .POST, "\(tenantManagement)/leads/\(lead)/tenants", token: token,
                body: ["key": .string(name), "domains": [.string("\(name).example.com")]], expect: 201)
            try expect(
                status(of: body) == .pendingProvision,
                "the tenant has status 1 (PENDINGPROVISION), but it has \(body["status"] ?? .null)")
            let id = try text(body, "id")
            return (id, "tenant \(id), key \(name), pending until it has a subscription")
        }
    }

    private func subscribe(_ tenant: String) async throws -> String {
        let plan = try await report.step("GET /plans") {
            let filter =
                "%7B%22where%22:%7B%22tier%22:%22STANDARD%22%7D,%22include%22:%5B%22currency%22,%22billingCycle%22%5D%7D"
            let body = try await client.call(.GET, "\(subscription)/plans?filter=\(filter)", token: token, expect: 200)
            guard let plan = body.arrayValue?.first else {
                throw CommandFailure(description: "no STANDARD plan is seeded")
            }
            let price = plan["price"].map { String(decoding: $0.serialized(), as: UTF8.self) } ?? "?"
            let cycle = plan["billingCycle"]?["cycleName"]?.stringValue ?? "?"
            return (
                try text(plan, "id"),
                "\(try text(plan, "name")), \(price) \(plan["currency"]?["currencyCode"]?.stringValue ?? "?"), \(cycle)"
            )
        }
        let id = try await report.step("POST /subscriptions") {
            let body = try await client.call(
                .POST, "\(subscription)/subscriptions", token: token,
                body: ["subscriberId": .string(tenant), "planId": .string(plan), "status": 0], expect: 201)
            return (try text(body, "id"), "\(try text(body, "startDate")) to \(try text(body, "endDate")), pending")
        }
        try await report.step("GET /subscriptions/{id}/invoice") {
            let body = try await client.call(
                .GET, "\(subscription)/subscriptions/\(id)/invoice", token: token, expect: 200)
            let status = body["invoiceStatus"]?.stringValue ?? "?"
            try expect(status == "draft", "the invoice is a draft, but its status is \(status)")
            return ((), "draft invoice \(try text(body, "id"))")
        }
        return id
    }

    private func activate(_ subscription: String, tenant: String) async throws {
        try await report.step("PATCH /subscriptions/{id}") {
            _ = try await client.call(
                .PATCH, "\(self.subscription)/subscriptions/\(subscription)", token: token, body: ["status": 1],
                expect: 204)
            return ((), "active; an event notifies tenant management")
        }
        try await waitUntilActive(tenant, "provisioned and called back")
    }

    private func waitUntilActive(_ tenant: String, _ what: String) async throws {
        try await report.step(what) {
            let deadline = ContinuousClock.now + .seconds(30)
            var status: Tenant.Status?
            while ContinuousClock.now < deadline {
                let body = try await client.call(
                    .GET, "\(tenantManagement)/tenants/\(tenant)", token: token, expect: 200)
                status = self.status(of: body)
                if status == .active { return ((), "tenant is ACTIVE") }
                if status == .provisionFailed { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            throw CommandFailure(
                description: "the tenant is \(status?.name ?? "in no known status") instead of ACTIVE after 30 s")
        }
    }

    private func status(of tenant: JSONValue) -> Tenant.Status? {
        tenant["status"]?.intValue.flatMap { Tenant.Status(rawValue: $0) }
    }

    private func inspect(_ tenant: String) async throws {
        try await report.step("GET /tenants/{id} with relations") {
            let filter = "%7B%22include%22:%5B%22contacts%22,%22resources%22,%22address%22%5D%7D"
            let body = try await client.call(
                .GET, "\(tenantManagement)/tenants/\(tenant)?filter=\(filter)", token: token, expect: 200)
            let resources = body["resources"]?.arrayValue ?? []
            try expect(!resources.isEmpty, "the tenant has resources, but it has none")
            try expect(body["contacts"]?.arrayValue?.count == 1, "the tenant has one contact")
            try expect(body["address"]?["country"]?.stringValue == "India", "the tenant has the lead's address")
            let list = resources.map {
                "\($0["type"]?.stringValue ?? "?") \($0["externalIdentifier"]?.stringValue ?? "?")"
            }
            return ((), list.joined(separator: ", "))
        }
    }

    private func operatorPath(_ name: String) async throws {
        let tenant = try await report.step("POST /tenants by an operator") {
            let domain = "o\(name).example.com"
            let body = try await client.call(
                .POST, "\(tenantManagement)/tenants", token: token,
                body: [
                    "name": .string("Operator \(name)"), "domains": [.string(domain)],
                    "contact": [
                        "firstName": "Bo", "lastName": "Ek", "email": .string("bo@\(domain)"), "isPrimary": true,
                    ],
                ], expect: 201)
            return (try text(body, "id"), "key \(try text(body, "key")), generated from the name")
        }
        try await waitUntilActive(tenant, "provisioned immediately")
    }

    private func text(_ value: JSONValue, _ member: String) throws -> String {
        guard let text = value[member]?.stringValue else {
            throw CommandFailure(
                description:
                    "the response has no \(member): \(String(decoding: value.serialized().prefix(300), as: UTF8.self))")
        }
        return text
    }

    private func expect(_ condition: Bool, _ statement: String) throws {
        guard condition else { throw CommandFailure(description: "expected: \(statement)") }
    }
}
