import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// The policy of docs/authorization.md holds for every operation of both services, whatever permissions a tenant's user holds.
@Suite struct AuthorizationTests {
    /// What the table says of the writes of a path; nil: there is no such operation.
    private struct Row {
        var cells: [String: Bool]

        func isAllowed(_ method: String) -> Bool? { cells[method] ?? nil }
    }

    private static func table() throws -> [String: Row] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let text = try String(contentsOf: folder.appending(path: "../../docs/authorization.md"), encoding: .utf8)
        var rows: [String: Row] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| `/") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            let path = cells[1].trimmingCharacters(in: ["`"])
            var row = Row(cells: [:])
            for (methods, cell) in [(["POST"], cells[2]), (["PATCH", "PUT"], cells[3]), (["DELETE"], cells[4])] {
                try #require(["yes", "no", ""].contains(cell), "\(path): \(cell)")
                for method in methods where !cell.isEmpty { row.cells[method] = cell == "yes" }
            }
            rows[path] = row
        }
        return rows
    }

    /// `/contacts/{id}` is a row of `/contacts`; other parameters are in the middle of a path.
    private static func collection(_ path: String) -> String {
        guard path.hasSuffix("}"), let slash = path.lastIndex(of: "/") else { return path }
        return String(path[..<slash])
    }

    @Test(arguments: WalkTests.kinds)
    func `a tenant's user writes what the policy table allows and nothing else`(_ kind: TestStack.ServiceKind)
        async throws
    {
        let table = try Self.table()
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let client = stack.client(kind)
            let document = try await APIDocument.read(client)
            let tenant = try await stack.createTenantID()
            let callers = [
                ("token", try await stack.tokens.userToken(tenant: tenant)),
                ("API key", try await stack.apiKey(ofTenant: tenant)),
            ]
            for operation in document.operations where operation.method != "GET" && operation.security == "HTTPBearer" {
                // Leads are changed by nobody, and become tenants by their own token.
                if operation.statuses.contains(405) || operation.permissions.isEmpty { continue }
                let isRestore = operation.path.hasSuffix("/restore")
                let expected =
                    isRestore ? false : table[Self.collection(operation.path)]?.isAllowed(operation.method)
                guard let expected else {
                    Issue.record("\(operation.name) is missing in docs/authorization.md")
                    continue
                }
                // Without a body and for an unknown id: who may write learns what is wrong.
                var path = operation.path(with: WalkTests.unknown)
                if operation.query.contains("where") {
                    path += "?\(JSONValue.object(["id": .string(WalkTests.unknown)]).parameter("where"))"
                }
                for (name, credential) in callers {
                    let answer = try await client.send(operation.method, path, nil, token: credential)
                    #expect(
                        (answer.status != 403) == expected,
                        "\(name): \(operation.name): \(answer.status) \(answer.text)")
                }
            }
        }
    }

    /// What docs/authorization.md lists as read by operators only.
    private static func hidden() throws -> Set<String> {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let text = try String(contentsOf: folder.appending(path: "../../docs/authorization.md"), encoding: .utf8)
        let section = try #require(text.split(separator: "## What only operators read").last)
        let line = try #require(section.split(separator: "\n").first { $0.hasPrefix("`/") })
        return Set(line.split(separator: ",").map { $0.trimmingCharacters(in: ["`", " "]) })
    }

    @Test(arguments: WalkTests.kinds)
    func `a tenant's user reads everything but what the policy keeps for operators`(_ kind: TestStack.ServiceKind)
        async throws
    {
        let hidden = try Self.hidden()
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let client = stack.client(kind)
            let document = try await APIDocument.read(client)
            let tenant = try await stack.createTenantID()
            let callers = [
                ("token", try await stack.tokens.userToken(tenant: tenant)),
                ("API key", try await stack.apiKey(ofTenant: tenant)),
            ]
            for operation in document.operations where operation.method == "GET" && operation.security == "HTTPBearer" {
                for (name, credential) in callers {
                    let answer = try await client.get(operation.address(with: WalkTests.unknown), token: credential)
                    #expect(
                        (answer.status == 403) == hidden.contains(operation.path),
                        "\(name): \(operation.name): \(answer.status) \(answer.text)")
                }
            }
        }
    }

    @Test func `a tenant's user cannot turn an unpaid subscription into a provisioned tenant`() async throws {
        try await TestStack.run(
            [.tenantManagement, .subscription], environment: ["PROVISION_ON_CREATE": "false"]
        ) { stack in
            let tenant = try await stack.createTenantID()
            let user = try await stack.tokens.userToken(tenant: tenant)
            let plan = try await stack.plan(tier: "PREMIUM")
            func subscribe(_ extra: JSONObject) async throws -> TestResponse {
                var body: JSONObject = ["subscriberId": .string(tenant), "planId": .string(plan), "status": 0]
                for (name, value) in extra { body[name] = value }
                return try await stack.subscription.post("/subscriptions", .object(body), token: user)
            }
            #expect(try await subscribe(["status": 1]).status == 403)
            let pending = try await subscribe([:]).expect(201)
            let id = try pending.string("id")
            try await stack.subscription.patch("/subscriptions/\(id)", ["status": 1], token: user).expect(403)
            try await stack.tenantManagement.post(
                "/tenants/\(tenant)/provision", ["id": .string(id), "plan": ["tier": "PREMIUM"]], token: user
            ).expect(403)
            try await stack.tenantManagement.delete("/tenants/\(tenant)", token: user).expect(403)
            #expect(try await stack.status(ofTenant: tenant) == 1)
        }
    }

    @Test func `tokens of tenants that are deleted, suspended or never existed are refused`() async throws {
        try await TestStack.run(
            [.tenantManagement, .subscription], environment: ["PROVISION_ON_CREATE": "false"]
        ) { stack in
            let management = stack.tenantManagement
            func isRefused(_ client: TestHTTPClient, _ path: String, _ token: String) async throws -> Bool {
                let answer = try await client.get(path, token: token)
                return answer.status == 403 && answer.json["error"]?["code"] == "TENANT_NOT_ACTIVE"
            }
            let nobody = try await stack.tokens.userToken(tenant: Identifier.v4().description)
            #expect(try await isRefused(management, "/contacts", nobody))
            try await eventually("the subscription service knows all tenants") {
                try await isRefused(stack.subscription, "/subscriptions", nobody)
            }
            let leaving: [(String) async throws -> Void] = [
                { try await management.delete("/tenants/\($0)", token: stack.admin).expect(204) },
                { try await management.patch("/tenants/\($0)", ["status": 5], token: stack.admin).expect(204) },
            ]
            let returning: [(String) async throws -> Void] = [
                { try await management.post("/tenants/\($0)/restore", token: stack.admin).expect(200) },
                { try await management.patch("/tenants/\($0)", ["status": 0], token: stack.admin).expect(204) },
            ]
            for (leave, comeBack) in zip(leaving, returning) {
                let tenant = try await stack.createTenantID()
                let user = try await stack.tokens.userToken(tenant: tenant)
                try await management.get("/contacts", token: user).expect(200)
                try await stack.subscription.get("/subscriptions", token: user).expect(200)
                try await leave(tenant)
                try await eventually("both services refuse the tenant") {
                    guard try await isRefused(management, "/contacts", user) else { return false }
                    return try await isRefused(stack.subscription, "/subscriptions", user)
                }
                let body: JSONValue = [
                    "subscriberId": .string(tenant), "planId": .string(try await stack.plan(tier: "STANDARD")),
                    "status": 0,
                ]
                try await stack.subscription.post("/subscriptions", body, token: stack.admin).expect(409)
                try await comeBack(tenant)
                try await eventually("both services let the tenant in again") {
                    guard try await management.get("/contacts", token: user).status == 200 else { return false }
                    return try await stack.subscription.get("/subscriptions", token: user).status == 200
                }
                try await stack.subscription.post("/subscriptions", body, token: user).expect(201)
            }
        }
    }

    @Test func `negative amounts and invalid addresses are refused`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let tenant = try await stack.createTenantID()
            var invoice: JSONObject = [
                "startDate": "2026-01-01", "endDate": "2026-01-31", "dueDate": "2026-02-15", "amount": -1,
                "currencyCode": "USD", "status": 0, "tenantId": .string(tenant),
            ]
            try await client.post("/invoices", .object(invoice), token: stack.admin).expect(422)
            invoice["amount"] = 0
            let path =
                "/invoices/\(try await client.post("/invoices", .object(invoice), token: stack.admin).expect(201).string("id"))"
            try await client.patch(path, ["amount": -0.5], token: stack.admin).expect(422)
            var contact: JSONObject = [
                "firstName": "A", "lastName": "B", "email": "nobody", "isPrimary": false, "tenantId": .string(tenant),
            ]
            for email in ["nobody", "a@b", "a b@c.de", "a@b.c\r\nBcc: d@e.fg", "@b.cd"] {
                contact["email"] = .string(email)
                let answer = try await client.post("/contacts", .object(contact), token: stack.admin).expect(422)
                #expect(answer.text.contains("/email"), "\(answer.text)")
            }
            contact["email"] = "a@b.cd"
            try await client.post("/contacts", .object(contact), token: stack.admin).expect(201)
        }
    }
}
