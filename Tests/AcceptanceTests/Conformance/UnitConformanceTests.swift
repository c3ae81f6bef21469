import Foundation
import JSONCoding
import StackTestSupport
import Testing

@testable import TenantManagement

/// 12.7: what upstream tests without HTTP, where we have something like it. The token's default permissions are
/// `10203,7008` instead of none (compatibility "lead token"); there is no temporary tenant token. The orchestrator's
/// four, providers by default, the host's own, and their classes, are what `TierDefinitionTests` ask of tiers.
@Suite struct UnitConformanceTests {
    @Test(arguments: [nil, "10203,10207"])
    func `a lead token has id, userTenantId, permissions and expiry`(permissions: String?) async throws {
        var environment = Conformance.environment
        environment["LEAD_TOKEN_PERMISSIONS"] = permissions
        try await TestStack.run([.tenantManagement], environment: environment) { stack in
            let (id, token) = try await Conformance(stack: stack).verified()
            let parts = token.split(separator: ".")
            try #require(parts.count == 3)
            let base64 = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
            let padded = base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4)
            let bytes = try #require(Data(base64Encoded: padded)).map(\.self)
            let claims = try JSONValue.parse(bytes)
            try claims.require(["id": .string(id), "userTenantId": .string(id), "iss": "test"])
            let given = claims["permissions"]?.arrayValue?.compactMap(\.stringValue)
            #expect(given == (permissions ?? "10203,7008").split(separator: ",").map(String.init))
            let issued = try #require(claims["iat"]?.intValue)
            #expect(claims["exp"]?.intValue == issued + 30_000)
            try await stack.tenantManagement.get("/leads/\(id)", token: token).expect(200)
        }
    }

    /// Upstream's `weakEqual`, which compares the addresses of lead and DTO.
    @Test func `addresses are compared like weakEqual of the original`() {
        let stored: [String?] = ["1 Main Street", "Springfield", nil, nil, "India"]
        let same: JSONObject = ["address": "1 Main Street", "city": "Springfield", "country": "India"]
        #expect(AddressInput(same).matches(stored))
        var withNull = same
        withNull["state"] = .null
        #expect(AddressInput(withNull).matches(stored), "null and missing are the same")
        #expect(AddressInput(nil).matches([nil, nil, nil, nil, nil]))
        for (name, value) in [("city", JSONValue.string("springfield")), ("state", "IL"), ("country", .null)] {
            var other = same
            other[name] = value
            #expect(!AddressInput(other).matches(stored), "\(name)")
        }
    }
}
