import JSONCoding
import Primitives
import ServiceKit

/// What is reported to tenant management about a run (docs/contract/arc-api.md 9.5): `{"initiatorId", "type": 0, "data":
/// {"status", "resources", "appPlaneUrl", "context", "progress"}}`.
struct CallbackReport: Sendable {
    var type = CallbackType.resourcesProvisioned
    /// The tenant.
    let tenantID: Identifier
    let result: ProvisioningResult
    /// What was made.
    let resources: [TenantResource]
    /// Where the tenant's application is.
    let appPlaneURL: String
    /// The request that it reports on: the tenant may have a later one by the time a report is repeated. Nil to leave it out.
    var context: String?
    /// How the run went, with its steps: saves a separate report. Nil to leave it out.
    var progress: JSONValue?

    /// The body, in the form in which it is signed: the receiver's `JSON.stringify(JSON.parse(body))` changes nothing.
    func body() -> [UInt8] {
        var data: JSONObject = [
            "status": .integer(result.rawValue), "resources": .array(resources.map(\.json)),
            "appPlaneUrl": .string(appPlaneURL),
        ]
        data["context"] = context.map { .string($0) }
        data["progress"] = progress
        let report: JSONValue = [
            "initiatorId": .identifier(tenantID), "type": .integer(type.number), "data": .object(data),
        ]
        return report.javaScriptSerialized()
    }
}

/// How far a run is: `{"initiatorId", "type": 2, "data": {"context", "version", "state", "steps", …}}`.
struct ProgressReport: Sendable {
    let tenantID: Identifier
    let progress: JSONValue

    /// The body, in the form in which it is signed.
    func body() -> [UInt8] {
        let report: JSONValue = [
            "initiatorId": .identifier(tenantID), "type": .integer(CallbackType.progress.number), "data": progress,
        ]
        return report.javaScriptSerialized()
    }
}
