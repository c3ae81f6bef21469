import HTTPTypes
import JSONCoding
import Primitives
import Testing

@testable import ServiceKit

@Suite
struct RoleClaimTests {
    private static let tenant = Identifier.v4()
    private let clock = ManualClock(Timestamp(seconds: 1_800_000_000))

    private func identity(
        _ claims: JSONObject, roles: RoleCatalog = .builtIn
    ) throws(HTTPFailure) -> Identity {
        var all: JSONObject = ["id": "u"]
        for (name, value) in claims { all[name] = value }
        return try Identity(
            claims: TokenClaims(all), configuration: TokenConfiguration(secret: "s", issuer: nil), roles: roles)
    }

    private static func permissions(of role: String) -> Set<String> {
        RoleCatalog.builtIn.role(named: role)?.permissions ?? []
    }

    @Test func `a role is expanded beside the permissions, as a text and as a list`() throws {
        for role: JSONValue in ["Support", ["Support"], ["Support", "Nobody"]] {
            let identity = try identity(["role": role, "permissions": ["10206"]])
            #expect(identity.permissions == Self.permissions(of: "Support").union(["10206"]))
        }
        #expect(try identity(["permissions": ["10206"]]).permissions == ["10206"])
        #expect(try identity(["role": [], "permissions": ["10206"]]).permissions == ["10206"])
    }

    @Test func `a role of an unexpected type makes the token unusable`() {
        let values: [JSONValue] = [
            .null, 1, true, [:], [1], ["Support", 1], [.null], ["Support", .null], [["Support"]],
        ]
        for value in values {
            do {
                _ = try identity(["role": value])
                Issue.record("accepted \(value)")
            } catch {
                #expect(error.status == .unauthorized, "\(value)")
            }
        }
    }

    @Test func `an operator's role in the token of a tenant's user gives nothing`() throws {
        for role in Role.builtIn where role.audience == .operator {
            let identity = try identity(["role": .string(role.name), "tenantId": .string(Self.tenant.description)])
            #expect(identity.kind == .tenantUser(Self.tenant))
            #expect(identity.permissions.isEmpty, "\(role.name)")
        }
    }

    @Test func `a tenant's role in a token without a tenant gives nothing`() throws {
        #expect(try identity(["role": ["TenantAdmin", "TenantViewer"]]).permissions.isEmpty)
        let user = try identity(["role": "TenantViewer", "tenantId": .string(Self.tenant.description)])
        #expect(user.permissions == Self.permissions(of: "TenantViewer"))
    }

    @Test func `a lead has no roles`() throws {
        let tenant = JSONValue.string(Self.tenant.description)
        let lead = try identity([
            "id": tenant, "tenantId": tenant, "role": ["lead", "TenantAdmin", "SuperAdmin"], "permissions": ["10203"],
        ])
        #expect(lead.kind == .lead(Self.tenant))
        #expect(lead.permissions == ["10203"])
    }

    @Test func `a change of roles counts for tokens that are already known`() async throws {
        let book = RoleBook()
        let verifier = await TokenVerifier(
            configuration: TokenConfiguration(secret: "secret", issuer: nil), clock: clock, roles: book)
        let issuer = await TokenIssuer(secret: "secret", issuer: nil, clock: clock)
        let token = try await issuer.issue(
            TokenIssuer.Claims(id: "u", role: "Mine", permissions: ["5"]), lifetime: .seconds(60))
        #expect(try await verifier.verify(token).permissions == ["5"])
        book.replaceOwn([Role("Mine", .operator, permissions: ["6"])])
        #expect(try await verifier.verify(token).permissions == ["5", "6"])
        book.replaceFile([Role("Mine", .operator, permissions: ["7"])])
        #expect(try await verifier.verify(token).permissions == ["5", "7"])
        book.replaceFile([])
        book.replaceOwn([Role("Renamed", .operator, permissions: ["6"])])
        #expect(try await verifier.verify(token).permissions == ["5"])
    }
}
