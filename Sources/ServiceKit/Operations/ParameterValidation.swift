import Entities
import HTTPTypes
import JSONCoding

/// Checks path, query and header parameters against their descriptions (docs/contract/arc-api.md 2.3).
///
/// `filter` and `where` are JSON or bracketed and are read by the filter parser; path ids are looked up, so that an
/// impossible one is a 404.
enum ParameterValidation {
    /// Most parameters of a query: enough for a list of as many values as a filter may have.
    static let maximumCount = 2048

    static func check(_ call: OperationRequest, against parameters: [OperationParameter]) throws(HTTPFailure) {
        guard call.query.utf8.count(where: { $0 == UInt8(ascii: "&") }) < maximumCount else {
            throw .badRequest(
                "The query has more than \(maximumCount) parameters.", code: "INVALID_PARAMETER_VALUE")
        }
        for parameter in parameters where parameter.form == .text && parameter.location != .path {
            let text: String?
            switch parameter.location {
            case .query: text = QueryString.first(parameter.name, in: call.query)
            case .header: text = HTTPHeaderLookup.value(parameter.name, in: call.headers)
            case .path: text = nil
            }
            guard let text else {
                if parameter.isRequired {
                    throw HTTPFailure(
                        .badRequest, name: "BadRequestError",
                        message: .string("Required parameter \(parameter.name) is missing!"),
                        code: "MISSING_REQUIRED_PARAMETER")
                }
                continue
            }
            let details = violations(of: text, against: parameter.schema)
            guard details.isEmpty else {
                throw .invalidParameter(
                    parameter.name, value: .string(text), reason: details.first?.message ?? "is invalid",
                    details: details)
            }
        }
    }

    /// A condition that a change does not know is refused: whoever sends one relies on it. Changes that take `If-Match`
    /// take `If-None-Match` as well (``OperationRequest/versionCondition()``).
    static func refuseConditions(
        _ call: OperationRequest, unlessIn parameters: [OperationParameter]
    ) throws(HTTPFailure) {
        guard call.method != .get, call.method != .head,
            !parameters.contains(where: { $0.location == .header && $0.name == "If-Match" })
        else { return }
        for name in [HTTPField.Name.ifMatch, .ifNoneMatch] {
            guard let value = call.headers[name] else { continue }
            throw .invalidParameter(
                name.rawName, value: .string(value), reason: "is not supported by this operation; omit it")
        }
    }

    /// Parameters are text: `7` may be meant as the number or as the string, so both readings are tried.
    private static func violations(of text: String, against schema: Schema) -> [ValidationDetail] {
        if let scalar = try? JSONValue.parse(Array(text.utf8)) {
            switch scalar {
            case .number, .bool:
                let details = schema.validate(scalar)
                // A number that is out of range was meant as a number.
                if !details.contains(where: { $0.code == "type" }) { return details }
            default: break
            }
        }
        return schema.validate(.string(text))
    }
}
