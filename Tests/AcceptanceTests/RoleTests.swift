import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import StackTestSupport
import TestSupport
import Testing

/// Own roles over HTTP: who may add which, and when they count.
@Suite struct RoleTests {
    private static func role(
        _ name: String, _ permissions: [String] = ["10207"], audience: String = "operator"
    ) -> JSONValue {
        [
            "name": .string(name), "audience": .string(audience),
            "permissions": .array(permissions.map { .string($0) }),
        ]
    }

    private static func filter(_ condition: JSONObject) -> String {
        JSONValue.object(["where": .object(condition)]).parameter()
    }

    @Test func `built-in roles are listed and cannot be changed`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            try await eventually("all are listed") {
                try await client.get("/roles?\(Self.filter(["source": "builtIn"]))", token: stack.admin).json
                    .arrayValue?
                    .count == Role.builtIn.count
            }
            for role in Role.builtIn {
                let listed =
                    try await client.get(
                        "/roles?\(Self.filter(["name": .string(role.name)]))", token: stack.admin
                    ).expect(200).json.arrayValue ?? []
                #expect(listed.count == 1 && listed[0]["audience"]?.stringValue == role.audience.rawValue)
                let codes = (listed[0]["permissions"]?.arrayValue ?? []).compactMap(\.stringValue)
                #expect(Set(codes) == role.permissions, "\(role.name)")
                let path = "/roles/\(listed[0]["id"]?.stringValue ?? "")"
                let refused = [
                    try await client.patch(path, ["permissions": []], token: stack.admin).expect(403),
                    try await client.patch(path, ["name": "Mine"], token: stack.admin).expect(403),
                    try await client.delete(path, token: stack.admin).expect(403),
                ]
                #expect(refused.allSatisfy { $0.errorCode == "ROLE_READ_ONLY" })
                try await client.post("/roles", Self.role(role.name.lowercased()), token: stack.admin).expect(409)
            }
            #expect(try await client.get("/roles/count", token: stack.admin).json["count"] == 7)
        }
    }

    @Test func `a built-in role opens what it allows and nothing else`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let support = try await stack.tokens.roleToken("Support")
            try await client.get("/tenants", token: support).expect(200)
            try await client.delete("/tenants/\(WalkTests.unknown)", token: support).expect(403)
            try await client.post("/roles", Self.role("Mine"), token: support).expect(403)
            let tenant = try await stack.createTenantID()
            let viewer = try await stack.tokens.roleToken("TenantViewer", tenant: tenant)
            let seen = try await client.get("/tenants", token: viewer).expect(200).json.arrayValue ?? []
            #expect(seen.map { $0["id"]?.stringValue } == [tenant])
            try await client.delete("/contacts/\(WalkTests.unknown)", token: viewer).expect(403)
            try await client.get("/roles", token: viewer).expect(403)
            // Roles of the other audience, and names that look alike.
            for (role, tenant) in [
                ("SuperAdmin", tenant), ("Operator", tenant), ("TenantAdmin", nil), ("superadmin", nil),
                ("SuperАdmin", nil), ("Super\u{200B}Admin", nil), ("SuperAdmin ", nil), ("*", nil),
            ] {
                let token = try await stack.tokens.roleToken(role, tenant: tenant)
                try await client.get("/tenants", token: token).expect(403)
            }
        }
    }

    @Test func `an own role counts at once, is renamed, and is gone when it is deleted`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let token = try await stack.tokens.roleToken("Auditor")
            try await client.get("/tenants", token: token).expect(403)
            let created = try await client.post("/roles", Self.role("Auditor"), token: stack.admin).expect(201)
            #expect(created.json["source"] == "own" && created.json["audience"] == "operator")
            let path = "/roles/\(try created.string("id"))"
            #expect(created.headers["location"] == path)
            try await client.get("/tenants", token: token).expect(200)
            try await client.get("/contacts", token: token).expect(403)

            let tag = try #require(created.headers["etag"])
            try await client.patch(path, ["permissions": ["10211"], "description": "x"], token: stack.admin).expect(204)
            try await client.get("/tenants", token: token).expect(403)
            try await client.get("/contacts", token: token).expect(200)
            try await client.send("DELETE", path, nil, token: stack.admin, headers: ["If-Match": tag]).expect(412)

            try await client.patch(path, ["name": "Inspector"], token: stack.admin).expect(204)
            try await client.get("/contacts", token: token).expect(403)
            let renamed = try await stack.tokens.roleToken("Inspector")
            try await client.get("/contacts", token: renamed).expect(200)

            try await client.delete(path, token: stack.admin).expect(204)
            try await client.get("/contacts", token: renamed).expect(403)
            try await client.get(path, token: stack.admin).expect(404)
            try await client.post("/roles", Self.role("Inspector", ["10211"]), token: stack.admin).expect(201)
            try await client.get("/contacts", token: renamed).expect(200)
        }
    }

    @Test func `wrong names and codes are refused with the member`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            for name in [
                "", "1st", "a b", "Prüfer", "Ａuditor", "Auditor\u{0}", "\u{212A}it", String(repeating: "a", count: 65),
            ] {
                let answer = try await client.post("/roles", Self.role(name), token: stack.admin).expect(422)
                #expect(answer.details.allSatisfy { $0["path"] == "/name" }, "\(name): \(answer.text)")
            }
            for name in ["lead", "LEAD", "superadmin"] {
                try await client.post("/roles", Self.role(name), token: stack.admin).expect(409)
            }
            let unknown = try await client.post("/roles", Self.role("A", ["10207", "99999", "*"]), token: stack.admin)
                .expect(422)
            #expect(unknown.violations == ["/permissions/1: permission", "/permissions/2: permission"])
            let bodies: [JSONValue] = [
                ["name": "A", "audience": "everybody", "permissions": []], ["name": "A", "permissions": []],
                ["name": "A", "audience": "operator"], ["name": "A", "audience": "operator", "permissions": "10207"],
                ["name": "A", "audience": "operator", "permissions": [10207]],
                ["name": "A", "audience": "operator", "permissions": ["10207", "10207"]],
                ["name": "A", "audience": "operator", "permissions": [], "source": "builtIn"],
            ]
            for body in bodies { try await client.post("/roles", body, token: stack.admin).expect(422) }
            try await client.post("/roles", Self.role("Auditor"), token: stack.admin).expect(201)
            try await client.post("/roles", Self.role("AUDITOR"), token: stack.admin).expect(409)
            #expect(
                try await client.get(
                    "/roles/count?\(JSONValue.object(["source": "own"]).parameter("where"))",
                    token: stack.admin
                ).json["count"] == 1)
        }
    }

    @Test func `nobody gives a role what he may not do himself`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let manager = try await stack.tokens.operatorToken(["10275", "10276", "10207"])
            let refused = try await client.post("/roles", Self.role("Big", ["10207", "10206"]), token: manager)
                .expect(403)
            #expect(refused.errorCode == "PERMISSIONS_NOT_HELD" && refused.violations == ["/permissions/1: notHeld"])
            let own = try await client.post("/roles", Self.role("Small", ["10207"]), token: manager).expect(201)
            let path = "/roles/\(try own.string("id"))"
            try await client.patch(path, ["permissions": ["10207", "10276", "10206"]], token: manager).expect(403)
            // What the manager holds by a role counts like what the token itself says.
            let byRole = try await stack.tokens.roleToken("Small", permissions: ["10276"])
            try await client.patch(path, ["permissions": ["10207"]], token: byRole).expect(204)
            try await client.patch(path, ["permissions": ["10211"]], token: byRole).expect(403)

            let big = try await client.post("/roles", Self.role("Mighty", ["10206", "10207"]), token: stack.admin)
                .expect(201)
            let bigPath = "/roles/\(try big.string("id"))"
            // A new name or audience would give the role to others.
            for change: JSONValue in [["name": "Mine"], ["audience": "tenant"], ["description": "x"]] {
                try await client.patch(bigPath, change, token: manager).expect(403)
            }
            try await client.patch(bigPath, ["permissions": ["10207"]], token: manager).expect(204)
            let user = try await stack.tokens.userToken(tenant: try await stack.createTenantID())
            for answer in [
                try await client.post("/roles", Self.role("T", audience: "tenant"), token: user),
                try await client.get("/roles", token: user), try await client.get(path, token: user),
                try await client.patch(path, ["name": "T"], token: user), try await client.delete(path, token: user),
            ] { #expect(answer.status == 403) }
        }
    }

    @Test func `a role that API keys have is neither deleted nor renamed, and its changes count for them`() async throws
    {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let role = try await client.post("/roles", Self.role("Reader"), token: stack.admin).expect(201)
            let path = "/roles/\(try role.string("id"))"
            let created = try await client.post(
                "/api-keys", ["name": "k", "audience": "operator", "roles": ["Reader"]], token: stack.admin
            ).expect(201)
            let key = try created.string("key")
            try await client.get("/tenants", token: key).expect(200)
            try await client.get("/contacts", token: key).expect(403)
            let refused = [
                try await client.delete(path, token: stack.admin).expect(409),
                try await client.patch(path, ["name": "Other"], token: stack.admin).expect(409),
                try await client.patch(path, ["audience": "tenant"], token: stack.admin).expect(409),
            ]
            #expect(refused.allSatisfy { $0.errorCode == "ROLE_IN_USE" }, "\(refused.map(\.text))")
            try await client.patch(path, ["permissions": ["10211"]], token: stack.admin).expect(204)
            try await client.get("/tenants", token: key).expect(403)
            try await client.get("/contacts", token: key).expect(200)
            try await client.delete("/api-keys/\(try created.string("id"))", token: stack.admin).expect(204)
            try await client.delete(path, token: stack.admin).expect(204)
        }
    }

    @Test func `a role that two people change at the same time never has more than either allows`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let manager = try await stack.tokens.operatorToken(["10276", "10207"])
            for number in 0..<5 {
                let role = try await client.post("/roles", Self.role("R\(number)"), token: stack.admin).expect(201)
                let path = "/roles/\(try role.string("id"))"
                async let grown = client.patch(path, ["permissions": ["10206", "10207"]], token: stack.admin)
                async let renamed = client.patch(path, ["name": .string("Mine\(number)")], token: manager)
                let statuses = [try await grown.status, try await renamed.status]
                let after = try await client.get(path, token: stack.admin).expect(200).json
                #expect(statuses[0] == 204 && after["permissions"] == ["10206", "10207"])
                // Either the name was changed first, or the manager was refused.
                #expect((statuses[1] == 204) == (after["name"] == .string("Mine\(number)")), "\(statuses)")
                #expect(statuses[1] == 204 || statuses[1] == 403)
            }
        }
    }

    @Test func `changes count on another node and in the subscription service, and deletions too`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let client = stack.tenantManagement
            let other = try await stack.startNode(.tenantManagement)
            let token = try await stack.tokens.roleToken("Reader")
            let created = try await client.post("/roles", Self.role("Reader", ["10207", "7008"]), token: stack.admin)
                .expect(201)
            func isOpen(_ expected: Bool) async throws -> Bool {
                let answers = [
                    try await other.client.get("/tenants", token: token).status,
                    try await stack.subscription.get("/plans", token: token).status,
                ]
                return answers.allSatisfy { $0 == (expected ? 200 : 403) }
            }
            try await eventually("the role counts everywhere") { try await isOpen(true) }
            try await client.delete("/roles/\(try created.string("id"))", token: stack.admin).expect(204)
            try await eventually("the role counts nowhere") { try await isOpen(false) }

            // A service whose copies were lost gets them again.
            try await client.post("/roles", Self.role("Reader", ["10207", "7008"]), token: stack.admin).expect(201)
            try await eventually("the role counts everywhere again") { try await isOpen(true) }
            let database = try stack.database(.subscription)
            try await database.query("DELETE FROM main.known_roles")
            try await database.query("UPDATE main.role_state SET version = version + 1")
            try await eventually("the copies are gone") {
                try await stack.subscription.get("/plans", token: token).status == 403
            }
            #expect(
                try await stack.database(.tenantManagement).count("SELECT main.announce_roles()") == 2)
            try await eventually("the role counts everywhere once more") { try await isOpen(true) }
        }
    }

    @Test func `roles of the file are listed and count, and own ones with their names do not`() async throws {
        let file = TestCommand.temporaryFile("roles")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(#"{"roles": [{"name": "Auditor", "audience": "operator", "permissions": ["10207"]}]}"#.utf8).write(
            to: file)
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let token = try await stack.tokens.roleToken("Auditor")
            try await client.post("/roles", Self.role("Auditor", ["10211"]), token: stack.admin).expect(201)
            try await client.get("/contacts", token: token).expect(200)
            let other = try await stack.startNode(.tenantManagement, environment: ["ROLES_FILE": file.path])
            try await other.client.get("/tenants", token: token).expect(200)
            try await other.client.get("/contacts", token: token).expect(403)
        }
    }
}
