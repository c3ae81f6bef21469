import Entities
import HTTPTypes
import JSONCoding
import Primitives
import Testing

@testable import ServiceKit

@Suite
struct IdentityTests {
    private static let tenant = Identifier.v4()
    private static let operatorTenant = Identifier.v4()
    private static let user = Identifier.v4().description
    private static let claims: JSONObject = ["id": .string(user), "userTenantId": "u", "permissions": ["1"]]

    /// What no claim that restricts may be taken for absent as.
    static let oddValues: [JSONValue] = [
        .null, 42, true, [:], [], [.null], [42], ["a", "b"], [["a"]], ["a", .null],
    ]

    private func identity(
        _ changes: [String: JSONValue?], requiresTenant: Bool = false
    ) throws(HTTPFailure) -> Identity {
        var claims = Self.claims
        for (name, value) in changes { claims[name] = value }
        return try Identity(
            claims: TokenClaims(claims),
            configuration: TokenConfiguration(
                secret: "s", issuer: nil, operatorTenantID: Self.operatorTenant.description,
                requiresTenant: requiresTenant))
    }

    @Test func `a token without a tenant is an operator's and one without a user a service's`() throws {
        #expect(try identity([:]).kind == .operator)
        #expect(try identity(["tenantId": .string(Self.operatorTenant.description)]).kind == .operator)
        #expect(try identity(["id": nil]).kind == .service)
        #expect(try identity([:]).scope.isOperator)
        #expect(try identity(["id": nil]).scope.isOperator)
    }

    @Test func `a token without a tenant is refused where a tenant is required`() throws {
        #expect(throws: HTTPFailure.self) { try identity([:], requiresTenant: true) }
        #expect(throws: HTTPFailure.self) { try identity(["id": nil], requiresTenant: true) }
        let named = try identity(["tenantId": .string(Self.operatorTenant.description)], requiresTenant: true)
        #expect(named.kind == .operator)
    }

    @Test func `a tenant confines, also as a list of one text`() throws {
        let text = JSONValue.string(Self.tenant.description)
        for value in [text, [text]] {
            let identity = try identity(["tenantId": value])
            #expect(identity.kind == .tenantUser(Self.tenant))
            #expect(identity.scope.tenantID == Self.tenant)
            #expect(!identity.scope.isOperator)
        }
    }

    @Test(arguments: ["tenantId", "id", "userTenantId"])
    func `a claim of an unexpected type makes the token unusable`(_ name: String) {
        for value in Self.oddValues {
            do {
                let identity = try identity([name: value])
                Issue.record("\(name) \(value) was read as \(identity.kind)")
            } catch {
                #expect(error.status == .unauthorized, "\(name) \(value)")
            }
        }
    }

    @Test func `a role may be a list of texts and nothing else`() throws {
        #expect(try identity(["role": ["a", "b"]]).kind == .operator)
        for value: JSONValue in [.null, 42, true, [:], [42], ["a", .null]] {
            #expect(throws: HTTPFailure.self, "\(value)") { try identity(["role": value]) }
        }
    }

    @Test func `a tenant that is not a UUID is refused and never an operator`() {
        for text in ["acme", "", "null", "*"] {
            do {
                let identity = try identity(["tenantId": .string(text)])
                Issue.record("\(text) was read as \(identity.kind)")
            } catch {
                #expect(error.status == .forbidden)
            }
        }
    }

    @Test func `a lead is confined to itself`() throws {
        let lead = Identifier.v4()
        let text = JSONValue.string(lead.description)
        #expect(try identity(["id": text, "tenantId": text, "role": "lead"]).kind == .lead(lead))
        #expect(try identity(["id": text, "tenantId": text, "role": ["lead", "x"]]).scope.tenantID == lead)
        // Whoever bears the role in a tenant of an identity provider is that tenant's user.
        let other = try identity(["tenantId": .string(Self.tenant.description), "role": "lead"])
        #expect(other.kind == .tenantUser(Self.tenant))
        for value: JSONValue in ["lead", ["lead"], ["x", "lead"]] {
            #expect(throws: HTTPFailure.self) { try identity(["role": value]) }
        }
    }

    @Test func `permissions of any other type grant nothing`() throws {
        for value: JSONValue in [.null, "10207", 10207, true, [:], [10207, .null, [], ["10207"]]] {
            #expect(try identity(["permissions": value]).permissions.isEmpty, "\(value)")
        }
        #expect(try identity(["permissions": nil]).permissions.isEmpty)
    }

    @Test func `no two callers share idempotency keys`() throws {
        let owners = try [
            ["userTenantId": "a/b", "id": "c"], ["userTenantId": "a", "id": "b/c"],
            ["userTenantId": "a/b/c", "id": nil],
            ["userTenantId": nil, "id": "a/b/c"], ["userTenantId": "", "id": "a/b/c"],
            ["userTenantId": "a%2Fb", "id": "c"], ["userTenantId": "%", "id": "c"], ["userTenantId": nil, "id": "c"],
            ["userTenantId": "", "id": "c"],
        ].map { (claims: [String: JSONValue?]) in try identity(claims).keyOwner.text }
        #expect(Set(owners).count == owners.count, "\(owners)")
        #expect(try identity(["userTenantId": "u", "id": "i"]).keyOwner.text == "user /u/i", "keys outlive an upgrade")
    }
}
