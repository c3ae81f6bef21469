import JSONCoding
import Primitives

/// What is reported to tenant management about a run (docs/contract/arc-api.md 9.5): `{"initiatorId", "type": 0, "data":
/// {"status", "resources", "appPlaneUrl"}}`.
struct CallbackReport: Sendable {
    /// The tenant.
    let tenantId: Identifier
    /// Whether the resources are there.
    let isSuccess: Bool
    /// JSON text of an array of ``TenantResource``; nil for none.
    let resources: [UInt8]?
    /// Where the tenant's application is.
    let appPlaneURL: String

    /// The body, in the form in which it is signed: the receiver's `JSON.stringify(JSON.parse(body))` changes nothing.
    func body() -> [UInt8] {
        let resources = self.resources.flatMap { try? JSONValue.parse(stored: $0) } ?? .array([])
        let report: JSONValue = [
            "initiatorId": .identifier(tenantId), "type": 0,
            "data": [
                "status": .integer(isSuccess ? 1 : 0), "resources": resources, "appPlaneUrl": .string(appPlaneURL),
            ],
        ]
        return report.javaScriptSerialized()
    }
}
