import Billing
import BillingPreview
import JSONCoding
import Testing

/// Answers requests as the operation does.
enum Preview {
    private static let zones = InstalledZones()
    private static let reader = ScenarioReader { zones.zone($0) }

    /// The statement of a request.
    static func statement(_ request: JSONValue) throws(ScenarioRefusal) -> BillingStatement {
        try reader.scenario(request).statement()
    }

    /// The answer to a request; to one that is refused, the pointer as `refused`.
    static func answer(_ request: JSONValue) throws -> JSONValue {
        do {
            return try JSONValue.parse(StatementJSON(try statement(request)).jsonBytes())
        } catch let refusal as ScenarioRefusal {
            return ["refused": .string(refusal.pointer), "reason": .string(refusal.reason)]
        }
    }

    /// The answer to the JSON text of a request.
    static func answer(_ text: String) throws -> JSONValue {
        try answer(JSONValue.parse(Array(text.utf8)))
    }
}
