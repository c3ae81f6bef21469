import JSONCoding
import Primitives
import ServiceKit

/// What is reported to tenant management about a run (docs/contract/arc-api.md 9.5): `{"initiatorId", "type": 0, "data":
/// {"status", "resources", "appPlaneUrl"}}`.
struct CallbackReport: Sendable {
    /// The tenant.
    let tenantID: Identifier
    let result: ProvisioningResult
    /// What was made.
    let resources: [TenantResource]
    /// Where the tenant's application is.
    let appPlaneURL: String

    /// The body, in the form in which it is signed: the receiver's `JSON.stringify(JSON.parse(body))` changes nothing.
    func body() -> [UInt8] {
        let report: JSONValue = [
            "initiatorId": .identifier(tenantID), "type": 0,
            "data": [
                "status": .integer(result.rawValue), "resources": .array(resources.map(\.json)),
                "appPlaneUrl": .string(appPlaneURL),
            ],
        ]
        return report.javaScriptSerialized()
    }
}
