import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Synchronization
import Testing

/// Requests that a service accepts, generated from its document: they refer to rows that exist, and whatever must be
/// unique is new each time.
struct ValidRequests: Sendable {
    /// What is sent.
    struct Request: Sendable {
        let path: String
        var body: JSONValue?
        let token: String?
        var headers: [String: String] = [:]
    }

    /// Members that the server sets.
    static let audit = AuditBlock.requestProperties.map(\.name)
    /// Members that refer to rows which bodies need not name, or contradict the rest of a sample.
    private static let omitted =
        audit + ["id", "invoiceId", "paymentSourceId", "errorCode", "errorText"]
        // The sample's instants and days are in the past.
        + ["expiresOn", "issuedBefore", "effectiveOn"]
    private static let environment = [
        "PROVISION_ON_CREATE": "false", "SUBSCRIPTION_QUOTA": "1000", "WEBHOOK_ENDPOINT_LIMIT": "100000",
        "API_KEY_LIMIT": "100000",
    ]

    let stack: TestStack
    let client: DocumentedClient
    let problems: Problems
    /// What members of these names refer to.
    private let references: [String: String]

    var document: APIDocument { client.document }

    /// Starts a service for `body`, and says at the end what was found wrong.
    static func run(_ kind: TestStack.ServiceKind, _ body: (ValidRequests) async throws -> Void) async throws {
        try await TestSeller.run { seller in
            try await TestStack.run([kind], environment: environment.merging(seller) { $1 }) { stack in
                let problems = Problems()
                let document = try await APIDocument.read(stack.client(kind))
                let requests = ValidRequests(
                    stack: stack,
                    client: DocumentedClient(client: stack.client(kind), document: document, problems: problems),
                    problems: problems, references: try await references(stack, kind))
                try await body(requests)
                #expect(problems.isEmpty, "\(problems.text)")
            }
        }
    }

    private static func references(
        _ stack: TestStack, _ kind: TestStack.ServiceKind
    ) async throws -> [String: String] {
        guard kind == .subscription else { return ["tenantId": try await stack.createTenantID()] }
        let client = stack.subscription
        let tenant = Identifier.v4().description
        let key = TestStack.uniqueKey()
        try await client.post("/features", ["name": "F", "key": .string(key)], token: stack.admin).expect(201)
        let address: JSONValue = [
            "email": "ann@acme.example.com", "city": "Berlin", "state": "Berlin", "zip": "10115", "country": "DE",
        ]
        let customer = try await client.send(
            "POST", "/billing-customer", ["firstName": "Ann", "billingAddress": address], token: stack.admin,
            headers: ["tenantId": tenant])
        try await stack.database(.subscription).query(
            """
            INSERT INTO main.known_tenants (tenant_id, is_blocked, tenant_version, changed_on)
            VALUES ($1::text::uuid, false, 1, now()) ON CONFLICT DO NOTHING
            """, [.text(tenant)])
        let plan = try await stack.plan(tier: "PREMIUM")
        let meter: JSONValue = ["name": "M", "key": .string(key), "aggregation": "sum"]
        try await client.post("/meters", meter, token: stack.admin).expect(201)
        let terms = try await client.get("/plans/\(plan)", token: stack.admin).expect(200)
        // Whoever subscribes to a plan needs the price of its use, in the currency of the plan.
        let metered = try await stack.plan(tier: "STANDARD")
        return [
            "tenantId": tenant, "subscriberId": tenant, "strategyEntityId": tenant, "planId": plan,
            "meteredPlanId": metered, "meterKey": key,
            "currencyId": try terms.string("currencyId"), "billingCycleId": try terms.string("billingCycleId"),
            "featureKey": key, "strategyKey": "Tenant", "customerId": try customer.expect(201).string("id"),
        ]
    }

    // MARK: Bodies

    /// A body that an operation accepts.
    /// - Parameter name: The first part of the domain of all that it names.
    func body(_ operation: APIDocument.Operation, name: String = TestStack.uniqueKey()) -> JSONValue? {
        guard let schema = operation.body else { return nil }
        var body = document.sample(schema)
        for place in document.places(schema) {
            if let value = value(of: place, operation.collection, "\(name).example.com") {
                body = body.replacing(place.pointer, with: value)
            }
        }
        func trimmed(_ value: JSONValue) -> JSONValue {
            var value = value
            for name in Self.omitted { value.remove(name) }
            return value
        }
        return body.arrayValue.map { .array($0.map(trimmed)) } ?? trimmed(body)
    }

    /// The value at a place where not every value is valid.
    private func value(of place: APIDocument.Place, _ collection: String, _ domain: String) -> JSONValue? {
        switch place.pointer.last {
        case "key": .string(TestStack.uniqueKey())
        case "size" where collection == "/plan-sizes": .string(TestStack.uniqueKey())
        case "name" where collection == "/roles": .string(TestStack.uniqueKey())
        case "currencyCode" where ["/currencies", "/metered-prices"].contains(collection):
            .string(Self.newCurrencyCode())
        case "email": .string("ann@\(domain)")
        case "domains": [.string(domain)]
        case "domain": .string(domain)
        case "meters" where collection == "/credit-grants": .null
        case "rules" where collection == "/add-ons":
            ["requiresPlans": [], "excludesPlans": [], "requiresAddOns": [], "excludesAddOns": [], "maxQuantity": 10]
        // An add-on that is billed once has no cycle.
        case "once": false
        // Nothing is invoiced in it, so that a grant stays as it was made.
        case "currencyCode" where collection == "/credit-grants": "BHD"
        case "planId" where collection == "/metered-prices": references["meteredPlanId"].map { .string($0) }
        case "price" where collection == "/metered-prices": ["model": "per_unit", "unitAmount": "0.01"]
        case "month": "2026-01"
        // A feature limits one meter.
        case "featureKey" where collection == "/meters": .null
        // Nothing is sent to it.
        case "isEnabled" where collection == "/webhook-endpoints": false
        case let name?: references[name].map { .string($0) }
        case nil: nil
        }
    }

    private static let currencies = Mutex(0)

    /// A code that no seeded currency has: from `QBA` on.
    private static func newCurrencyCode() -> String {
        let number = currencies.withLock { count in
            count += 1
            return 25 + count
        }
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return "Q\(letters[number / 26 % 26])\(letters[number % 26])"
    }

    /// A change of one member that refers to nothing and need not be unique.
    func change(_ schema: JSONValue) -> JSONValue {
        let members = (document.resolve(schema)["properties"]?.objectValue ?? [:]).map { ($0, document.resolve($1)) }
            .filter { name, _ in
                !Self.audit.contains(name) && !["id", "email", "status"].contains(name)
                    && !["Id", "Key", "Date"].contains { name.hasSuffix($0) }
            }
        let text = members.first { _, schema in
            document.type(schema) == "string" && (schema["maxLength"]?.intValue ?? 10) >= 10
                && APIDocument.takesAnyText(schema)
        }
        if let text { return [text.0: "changed"] }
        let host = members.first { $1["format"] == "hostname" }
        if let host { return [host.0: "changed.example.com"] }
        let free = members.first { document.type($1) == "object" && $1["properties"] == nil }
        if let free { return [free.0: ["of": "changed"]] }
        if document.resolve(schema)["properties"]?["status"] == nil,
            let instant = members.first(where: { $1["format"] == "date-time" })
        {
            return .object([instant.0: .timestamp(Timestamp(seconds: 1_900_000_000))])
        }
        if document.resolve(schema)["properties"]?["status"] == nil,
            let choice = members.first(where: { ($1["enum"]?.arrayValue?.count ?? 0) > 1 })
        {
            return .object([choice.0: choice.1["enum"]?[0] ?? .null])
        }
        // What has none of these is a subscription.
        return ["status": 1]
    }

    /// A body of `PUT` that says what a row shows.
    func replacement(_ schema: JSONValue, of row: JSONValue) -> JSONValue {
        var body: JSONObject = [:]
        for (name, _) in document.resolve(schema)["properties"]?.objectValue ?? [:] where !Self.audit.contains(name) {
            if let value = row[name], !value.isNull { body[name] = value }
        }
        return .object(body)
    }

    // MARK: Requests

    /// Makes what an operation is about, and the request for it; nil for operations that it does not know.
    private typealias Arrangement = @Sendable (ValidRequests, APIDocument.Operation) async throws -> Request?

    /// Of the features whose rows are not made by a `POST` to their collections.
    private static let arrangements: [Arrangement] = [
        { try await $0.onboarding($1) }, { try await $0.provisioning($1) }, { try await $0.offboarding($1) },
        { try await $0.events($1) }, { try await $0.webhooks($1) }, { try await $0.usage($1) },
        { try await $0.renewals($1) }, { try await $0.subscriptions($1) }, { try await $0.invoices($1) },
        { try await $0.planVersions($1) },
    ]

    /// A request that will be carried out: what it is about is made for it.
    func request(_ operation: APIDocument.Operation) async throws -> Request {
        for arrangement in Self.arrangements {
            if let request = try await arrangement(self, operation) { return request }
        }
        var path = operation.path
        if operation.hasID {
            let id = try await create(operation.collection).string("id")
            if path.hasSuffix("/restore") {
                try await client.client.delete("\(operation.collection)/\(id)", token: stack.admin).expect(204)
            }
            path = operation.path(with: id)
        } else if operation.method == "PATCH" {
            let id: JSONValue = ["id": .string(try await create(operation.collection).string("id"))]
            path += "?" + id.parameter("where")
        }
        return Request(
            path: path, body: body(operation), token: operation.security == nil ? nil : stack.admin,
            headers: operation.headers.contains("tenantId") ? ["tenantId": Identifier.v4().description] : [:])
    }

    func send(
        _ operation: APIDocument.Operation, _ request: Request, headers: [String: String] = [:]
    ) async throws -> TestResponse {
        try await client.send(
            operation.method, request.path, request.body, token: request.token,
            headers: request.headers.merging(headers) { $1 })
    }

    /// Creates a row.
    func create(_ collection: String) async throws -> TestResponse {
        guard let operation = document.operation("POST", collection) else {
            throw TestFailure("\(collection) has no POST")
        }
        return try await send(operation, try await request(operation)).expect(201)
    }

    // MARK: Walking

    /// Collections whose rows have all the common operations.
    var entities: [String] {
        let names = Set(document.operations.map(\.name))
        return document.operations.filter { $0.method == "POST" && names.contains("POST \($0.path)/{id}/restore") }
            .map(\.path)
    }

    /// Runs a check for each element, eight at a time; what it throws is a problem like the others.
    func forEach<Element: Sendable>(
        _ elements: [Element], _ check: @escaping @Sendable (Element) async throws -> Void
    ) async {
        _ = await concurrently(elements.count, width: 8) { index in
            do { try await check(elements[index]) } catch { problems.add("\(elements[index]): \(error)") }
        }
    }
}
