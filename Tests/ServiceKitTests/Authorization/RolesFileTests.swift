import ConfigurationChecks
import Testing

@testable import ServiceKit

@Suite
struct RolesFileTests {
    private func parse(_ text: String) throws(ConfigurationFailure) -> [Role] {
        try RolesFile(path: "/roles.json").parse(Array(text.utf8))
    }

    private func problems(_ text: String) -> String {
        do {
            return "accepted \(try parse(text))"
        } catch {
            return error.description
        }
    }

    @Test func `roles are read`() throws {
        let roles = try parse(
            #"""
            {"roles": [
                {"name": "Auditor", "audience": "operator", "permissions": ["10207", "ViewFeature"], "description": "Reads"},
                {"name": "Buyer", "audience": "tenant", "permissions": []}
            ]}
            """#)
        #expect(
            roles == [
                Role("Auditor", .operator, permissions: ["10207", "ViewFeature"], description: "Reads"),
                Role("Buyer", .tenant, permissions: []),
            ])
        #expect(try parse(#"{"roles": []}"#).isEmpty)
    }

    @Test func `every mistake is named with its place`() {
        let text = problems(
            #"""
            {"roles": [
                {"name": "Prüfer", "audience": "operator", "permissions": []},
                {"name": "SUPERADMIN", "audience": "all", "permissions": "10207"},
                {"name": "lead", "audience": "tenant", "permissions": ["10207", "99999", 5, "10207"], "color": "red"},
                {"name": "One", "audience": "tenant", "permissions": []},
                {"name": "ONE", "audience": "tenant", "permissions": [], "description": 7},
                7
            ]}
            """#)
        for problem in [
            "ROLES_FILE names the file /roles.json", "role 1, member name: must match",
            "role 2, member name: SUPERADMIN is",
            "role 2, member audience", "role 2, member permissions: must be a list", "role 3, member name: lead is",
            "role 3, member permissions, item 2: is no permission code",
            "role 3, member permissions, item 3: is no permission",
            "role 3, member permissions, item 4: is in the list already", "role 3, member color: is not known",
            "role 5, member name: another role has it", "role 5, member description", "role 6, must be an object",
        ] { #expect(text.contains(problem), "\(problem): \(text)") }
    }

    @Test(arguments: [
        "", "[]", "{}", "null", #"{"roles": {}}"#, #"{"roles": [], "more": 1}"#, #"{"roles": [], "roles": []}"#, "{",
    ])
    func `another form is refused as a whole`(_ text: String) {
        #expect(problems(text).hasPrefix("ROLES_FILE names the file /roles.json, which "))
    }

    @Test func `a file that cannot be read and one with too many roles are refused`() {
        #expect(throws: ConfigurationFailure.self) { try RolesFile(path: "/nonexistent/roles.json").load() }
        let many = (0...500).map { #"{"name": "R\#($0)", "audience": "tenant", "permissions": []}"# }
        #expect(problems(#"{"roles": [\#(many.joined(separator: ","))]}"#).contains("has more than 500 roles"))
    }

    @Test func `characters that Swift compares as equal are no code`() {
        #expect(PermissionCatalog.isKnown("10207"))
        #expect(!PermissionCatalog.isKnown("10207\u{301}"))
        #expect(!PermissionCatalog.isKnown("１0207"))
        #expect(!PermissionCatalog.isKnown("*"))
    }
}
