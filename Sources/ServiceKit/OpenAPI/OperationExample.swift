import Entities
import HTTPTypes
import JSONCoding

/// Bodies as people would send and get them, for the document: samples of schemas, made plausible.
enum OperationExample {
    /// What the server sets, and what examples of requests therefore leave out.
    private static let setByServer = Set([Entity.id.name] + AuditBlock.requestProperties.map(\.name))
    private static let user: JSONValue = "01890a5d-ac96-774b-bcce-b302099a8057"
    /// Members that the example of a change has.
    private static let changedMembers = 2

    /// A body to send. For a PATCH without required members: a few members, if possible none that refer to other rows.
    static func request(_ schema: Schema, method: HTTPRequest.Method) -> JSONValue {
        let whole = schema.sample(omitting: setByServer)
        guard method == .patch, let object = whole.objectValue, object.count > changedMembers,
            !schema.properties.contains(where: \.isRequired)
        else { return whole }
        let own = object.filter { !$0.key.hasSuffix("Id") }
        let changed = (own.isEmpty ? Array(object) : own).prefix(changedMembers)
        return .object(JSONObject(changed.map { ($0.key, $0.value) }))
    }

    /// A body of a response. Its rows are not deleted.
    static func response(_ schema: Schema) -> JSONValue { withoutDeletions(schema.sample()) }

    /// The text of a body that is not JSON, as far as a document can show it; nil where it cannot.
    static func text(_ mediaType: String) -> JSONValue? {
        switch mediaType {
        case "text/html": "<!doctype html><html lang=\"en\"><head><title>Service</title></head><body></body></html>"
        case "application/yaml": "openapi: 3.1.0\ninfo:\n  title: Service\n  version: 1.0.0\npaths: {}\n"
        case "application/pdf": "%PDF-1.4\n…\n%%EOF\n"
        case "application/octet-stream": "window.onload = function () { }\n"
        default: nil
        }
    }

    private static func withoutDeletions(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map(withoutDeletions))
        case .object(let object):
            var row = JSONObject(object.map { ($0.key, withoutDeletions($0.value)) })
            if row[AuditBlock.deleted] == .bool(false) {
                for field: any EntityField in [AuditBlock.deletedOn, AuditBlock.deletedBy] where row[field.name] != nil
                {
                    row[field.name] = JSONValue.null
                }
            }
            for field in [AuditBlock.createdBy, AuditBlock.modifiedBy] where row[field]?.stringValue != nil {
                row[field] = user
            }
            return .object(row)
        default: return value
        }
    }
}
