import Foundation
import Glibc
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import StackTestSupport

/// Two tenants side by side, and everybody who might want to know something of the second one.
struct IsolationWorld: Sendable {
    /// Somebody who asks.
    enum Caller: String, Sendable, CaseIterable {
        case operatorUser = "operator"
        /// The user of the first tenant who holds every permission.
        case admin
        /// The user of the first tenant who may look at everything and change nothing.
        case viewer
        /// A program with an API key of the first tenant that holds every permission.
        case apiKey = "API key"
        /// A browser in which an operator has logged in who holds every permission.
        case operatorSession = "operator's session"
        /// The same of one who holds no permission that any operation asks for. Sessions are operators' only: tenants' users have none.
        case session
        /// A lead that is no tenant, with every permission that `LEAD_TOKEN_PERMISSIONS` could give it.
        case lead
        case nobody

        static let outsiders: [Caller] = [.admin, .viewer, .apiKey, .session, .lead, .nobody]

        /// Whether everything is refused that is not for everybody.
        var isPowerless: Bool { self == .session || self == .nobody }
        /// Whether it is right that the caller sees every tenant.
        var seesEverything: Bool { self == .operatorUser || self == .operatorSession }
    }

    /// The whole API of a service, as its document lists it.
    struct Service: Sendable {
        let client: DocumentedClient
        let document: APIDocument
    }

    static let environment = [
        "LEAD_TOKEN_PERMISSIONS": TestTokens.allPermissions.joined(separator: ","), "PROVISION_ON_CREATE": "false",
        "SUBSCRIPTION_QUOTA": "1000", "WEBHOOK_ENDPOINT_LIMIT": "100000",
        // A fast walk asks more often in a minute than a tenant may.
        "RATE_LIMIT_TENANT": "write=1000000,search=1000000",
        "OIDC_ROLE_MAPPING": #"{"admins": {"roles": ["SuperAdmin"]}, "strangers": {"permissions": ["none"]}}"#,
    ]

    let stack: TestStack
    let services: [Service]
    /// The tenant of admin and viewer.
    let own: IsolationSide
    /// The tenant that none of them may notice.
    let other: IsolationSide
    /// A row of each collection of the catalog, by path.
    let shared: [String: String]
    /// The lead that asks.
    let lead: String
    let tokens: [Caller: String]
    /// What the browsers send with every request.
    let sessions: [Caller: [String: String]]
    let problems: Problems

    /// Runs both services, with everybody, for the length of the body.
    static func run(_ body: (IsolationWorld) async throws -> Void) async throws {
        try await TestSeller.run { seller in
            let environment = environment.merging(seller) { $1 }
            try await LoginWorld.run([.tenantManagement, .subscription], environment: environment) { login in
                try await body(try await make(login.stack, sessions: sessions(login)))
            }
        }
    }

    private static func sessions(_ login: LoginWorld) async throws -> [Caller: [String: String]] {
        var sessions: [Caller: [String: String]] = [:]
        for (caller, group) in [(Caller.operatorSession, "admins"), (.session, "strangers")] {
            let browser = TestBrowser()
            try await login.logIn(browser, groups: [.string(group)])
            let cookies = browser.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
            sessions[caller] = try login.csrf(browser).merging(["cookie": cookies]) { $1 }
        }
        return sessions
    }

    private static func make(
        _ stack: TestStack, sessions: [Caller: [String: String]]
    ) async throws -> IsolationWorld {
        let problems = Problems()
        var services: [Service] = []
        for client in [stack.tenantManagement, stack.subscription] {
            let document = try await APIDocument.read(client)
            services.append(
                Service(
                    client: DocumentedClient(client: client, document: document, problems: problems),
                    document: document))
        }
        let own = try await IsolationSide.make(stack, services, problems)
        let other = try await IsolationSide.make(stack, services, problems)
        let (lead, leadToken) = try await stack.validatedLead(TestStack.uniqueKey())
        let views = services.flatMap(\.document.operations).filter { $0.method == "GET" }.flatMap(\.permissions)
        return IsolationWorld(
            stack: stack, services: services, own: own, other: other,
            shared: try await catalogueRows(stack), lead: lead,
            tokens: [
                .operatorUser: stack.admin, .admin: try await stack.tokens.userToken(tenant: own.tenant),
                .viewer: try await stack.tokens.userToken(tenant: own.tenant, Array(Set(views))), .lead: leadToken,
                .apiKey: try await stack.apiKey(ofTenant: own.tenant),
            ], sessions: sessions, problems: problems)
    }

    // MARK: Asking

    /// A request with what came back.
    struct Exchange: Sendable {
        let what: String
        let said: String
        let answer: TestResponse
    }

    /// Sends a request and looks for the other tenant in whatever comes back.
    func send(
        _ caller: Caller, _ service: Service, _ method: String, _ path: String, _ body: JSONValue? = nil,
        headers: [String: String] = [:]
    ) async throws -> Exchange {
        let answer = try await service.client.send(
            method, path, body, token: tokens[caller], headers: headers.merging(sessions[caller] ?? [:]) { $1 })
        let bodyText = body.map { String(decoding: $0.serialized(), as: UTF8.self) } ?? ""
        let readable = path.removingPercentEncoding ?? path
        let exchange = Exchange(
            what: "\(caller.rawValue): \(method) \(readable.prefix(220)) \(bodyText.prefix(200))",
            // Ids are repeated in their canonical form.
            said: readable + bodyText + headers.values.flatMap { [$0, $0.lowercased()] }.joined(), answer: answer)
        if answer.status >= 500 { add(exchange, "blames the service") }
        if !caller.seesEverything, let secret = secret(in: answer, besides: exchange, method) {
            add(exchange, "reveals \(secret) of the other tenant")
        }
        return exchange
    }

    func add(_ exchange: Exchange, _ problem: String) {
        problems.add(
            "\(exchange.what) → \(problem): \(exchange.answer.status) \(exchange.answer.text.prefix(240))",
            kind: exchange.what.split(separator: "/").prefix(2).joined(separator: "/"))
    }

    /// Something of the other tenant in an answer that the request did not say itself. Successful reads repeat nothing
    /// of a request, so there even that counts.
    private func secret(in answer: TestResponse, besides exchange: Exchange, _ method: String) -> String? {
        var bytes = answer.bytes
        for (name, value) in answer.headers { bytes += Array("\n\(name): \(value)".utf8) }
        bytes.append(0)
        let isStrict = method == "GET" && (200..<300).contains(answer.status)
        return other.secrets.first {
            bytes.containsTerminated($0) && (isStrict || !exchange.said.contains($0))
        }
    }

    /// Notes it when an answer about something of the other tenant is not the one about something that does not exist.
    /// - Parameter baselines: Answers about what does not exist, before and after.
    func checkSame(
        _ exchange: Exchange, _ baselines: [Exchange], _ foreign: [String], _ unknown: [String], isExact: Bool
    ) {
        // How many rows there are, and where more of them are.
        let compared = ["x-total-count", "link"]
        func isEqual(_ baseline: Exchange) -> Bool {
            guard baseline.answer.status == exchange.answer.status,
                compared.allSatisfy({ baseline.answer.headers[$0] == exchange.answer.headers[$0] })
            else { return false }
            return (!isExact && exchange.answer.status < 400) || baseline.answer.bytes == exchange.answer.bytes
        }
        guard !baselines.contains(where: isEqual) else { return }
        let mask = ValueMask(foreign + unknown)
        func form(_ exchange: Exchange) -> String {
            let isCompared = isExact || exchange.answer.status >= 400
            var text = isCompared ? exchange.answer.text : ""
            for name in compared { text += " \(name): \(exchange.answer.headers[name] ?? "-")" }
            return "\(exchange.answer.status) \(mask.masked(text))"
        }
        let forms = baselines.map(form)
        guard !forms.contains(form(exchange)) else { return }
        add(exchange, "differs from what does not exist (\(forms.first?.prefix(160) ?? ""))")
    }

    /// One part of the walk.
    typealias Job = @Sendable () async throws -> Void

    /// Runs jobs, a few at a time.
    func run(_ jobs: [Job]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, job) in jobs.enumerated() {
                if index >= 16 { try await group.next() }
                group.addTask { try await job() }
            }
            try await group.waitForAll()
        }
    }

    // MARK: What is asked for

    /// Ids that nobody has, one for each of the other tenant's.
    var unknown: [String] { other.identifiers.map { $0.dropLast(12) + "0123456789ab" } }

    /// The other tenant's ids that a caller tries in a path: of the row that the path is about; and the admin also of the
    /// tenant and of rows of some other tables, which take turns from one operation to the next.
    /// - Parameter reference: The name of the place when it is no path: then there are the rows that it may refer to.
    func foreign(_ caller: Caller, _ operation: APIDocument.Operation, reference: String = "") -> [String] {
        let itself = other.rows[operation.collection] ?? other.tenant
        guard caller == .admin else { return [itself] }
        let start = operation.name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
        let samples = other.samples.sorted { $0.key < $1.key }
        let some = (0..<3).map { samples[(start + $0) % samples.count].value }
        // `billingCustomerId` refers to `billing_customer`.
        let kind = reference.lowercased().dropLast(2)
        let referred = samples.filter { kind.count > 2 && $0.key.replacing("_", with: "").contains(kind) }.map(\.value)
        let isProviders = ["/billing-customer", "/billing-invoice", "/billing-payment-source"]
            .contains(operation.collection)
        let given = isProviders && reference.isEmpty ? other.providerIDs : []
        return Array(Set([itself, other.tenant] + some + referred + given)).sorted()
    }

    /// The row that a caller may expect to find at a path.
    func ownID(_ caller: Caller, _ path: String) -> String {
        if caller == .lead { return lead }
        let collection = "/" + (path.split(separator: "/").first.map(String.init) ?? "")
        return own.rows[collection] ?? shared[collection] ?? own.tenant
    }

    /// Everything of the other tenant, as it is stored.
    func snapshot() async throws -> [String] {
        try await eventually("the refund of the credit note is paid out") {
            try await stack.database(.subscription).count(
                "SELECT count(*) FROM main.provider_refunds WHERE due_at IS NOT NULL") == 0
        }
        var rows: [String] = []
        for kind in [DatabaseTemplate.tenantManagement, .subscription] {
            rows += try await TenantTables.read(try stack.database(kind)).snapshot(other)
        }
        return rows
    }

    /// Events that speak for the other tenant.
    func events() async throws -> [String] {
        var events: [String] = []
        for kind in [DatabaseTemplate.tenantManagement, .subscription] {
            events += try await stack.database(kind).texts(
                "SELECT type || ' ' || event_id::text FROM main.outbox WHERE tenant_id = $1::uuid ORDER BY 1",
                [.text(other.tenant)])
        }
        return events
    }
}

extension [UInt8] {
    /// Whether the bytes contain a text.
    func contains(text: String) -> Bool { (self + [0]).containsTerminated(text) }

    /// The same for bytes that end with NUL: many searches in many answers.
    fileprivate func containsTerminated(_ text: String) -> Bool {
        withUnsafeBytes { bytes in
            guard var start = bytes.assumingMemoryBound(to: CChar.self).baseAddress else { return false }
            let end = start + bytes.count
            while start < end {
                if strstr(start, text) != nil { return true }
                start += strlen(start) + 1
            }
            return false
        }
    }
}
