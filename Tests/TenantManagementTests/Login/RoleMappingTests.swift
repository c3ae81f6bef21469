import JSONCoding
import Primitives
import Testing

@testable import TenantManagement

@Suite struct RoleMappingTests {
    private func mapping(_ text: String, claim: String = "roles") throws(RoleMapping.Malformed) -> RoleMapping {
        try RoleMapping(claim: claim, json: Array(text.utf8))
    }

    private static let text = """
        {"admins": {"roles": ["SuperAdmin"]}, "support": ["Support", "own-role"],
         "billing": {"roles": ["Billing", "Support"], "permissions": ["10250", "x"]}, "K": {"permissions": ["1"]}}
        """

    @Test func `values of the claim stand for roles and permissions`() throws {
        let mapping = try mapping(Self.text)
        #expect(mapping.grant(["roles": "admins"]) == .init(roles: ["SuperAdmin"]))
        #expect(
            mapping.grant(["roles": ["support", "billing", "unknown", "support"]])
                == .init(roles: ["Support", "own-role", "Billing"], permissions: ["10250", "x"]))
    }

    @Test(
        arguments: [
            [:], ["roles": []], ["roles": "nobody"], ["roles": .null], ["roles": true], ["roles": 1],
            ["roles": [1, .null]],
            ["roles": ["admins": true]], ["roles": "Admins"], ["roles": "admins "], ["roles": "SuperAdmin"],
            ["role": "admins"],
            ["roles": [["admins"]]], ["roles": "\u{212A}"],
        ] as [JSONObject])
    func `everything unknown gives nothing`(claims: JSONObject) throws {
        #expect(try mapping(Self.text).grant(claims).isEmpty)
    }

    @Test func `a claim may be within others or have dots in its name`() throws {
        let nested = try mapping(Self.text, claim: "realm_access.roles")
        #expect(nested.grant(["realm_access": ["roles": ["admins"]]]).roles == ["SuperAdmin"])
        #expect(nested.grant(["realm_access.roles": "admins"]).roles == ["SuperAdmin"])
        #expect(nested.grant(["realm_access": "admins", "roles": "admins"]).isEmpty)
        let url = try mapping(Self.text, claim: "https://example.com/roles")
        #expect(url.grant(["https://example.com/roles": ["admins"]]).roles == ["SuperAdmin"])
        #expect(url.grant(["https://example": ["com/roles": "admins"]]).roles == ["SuperAdmin"])
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "{", "{\"a\": 1}", "{\"a\": {}}", "{\"a\": []}", "{\"a\": {\"roles\": \"Support\"}}",
        "{\"a\": {\"roles\": [1]}}", "{\"a\": {\"rules\": [\"Support\"]}}", "{\"a\": [\"Support me\"]}",
        "{\"a\": {\"permissions\": [\"\"]}}", "{\"a\": {\"permissions\": [\"é\"]}}", "{\"a\": [\"TenantAdmin\"]}",
        "{\"a\": [\"Support\"], \"a\": [\"SuperAdmin\"]}",
    ])
    func `a mapping with a mistake is refused`(text: String) {
        #expect(throws: RoleMapping.Malformed.self) { try mapping(text) }
    }

    @Test func `the id of an operator is always the same UUID`() throws {
        let issuer = "https://id.example.com"
        let own = "0198c0de-0000-7000-8000-000000000001"
        #expect(OperatorID.of(["sub": .string(own)], claim: "sub", issuer: issuer) == Identifier(own))
        let ann = try #require(OperatorID.of(["sub": "ann"], claim: "sub", issuer: issuer))
        #expect(OperatorID.of(["sub": "ann"], claim: "sub", issuer: issuer) == ann)
        #expect(OperatorID.of(["sub": "ann"], claim: "sub", issuer: "https://other.example.com") != ann)
        #expect(OperatorID.of(["sub": "bob"], claim: "sub", issuer: issuer) != ann)
        #expect(ann.description[ann.description.index(ann.description.startIndex, offsetBy: 14)] == "8")
        for claims: JSONObject in [[:], ["sub": ""], ["sub": 1], ["sub": .string(String(repeating: "a", count: 256))]] {
            #expect(OperatorID.of(claims, claim: "sub", issuer: issuer) == nil)
        }
    }
}
