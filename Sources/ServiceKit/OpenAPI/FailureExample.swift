import Entities
import HTTPTypes
import JSONCoding

/// An error as an operation would answer it, for the document: made and rendered by what makes and renders the real ones.
enum FailureExample {
    /// - Parameter description: What the document says of the status, for statuses with messages of many kinds.
    static func failure(_ status: Int, of operation: Operation, description: String) -> HTTPFailure {
        switch status {
        case 400: badRequest(operation, description)
        case 401: unauthorized(operation)
        case 403: .notAllowed
        case 404:
            operation.method == .get || operation.method == .post
                ? .entityNotFound
                : .entityNotFound(model: "rows", id: "019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80")
        case 405: .methodNotAllowed(allow: [.get, .head, .options])
        case 409: .conflict(description)
        case 412: FailureMapping.failure(for: RepositoryError.versionMismatch(current: 8))
        case 422: .validation(violations(operation))
        case 503: .unavailable()
        case 504: .outcomeUnknown
        default: HTTPFailure(HTTPResponse.Status(code: status), name: "Error", message: .string(description))
        }
    }

    private static func badRequest(_ operation: Operation, _ description: String) -> HTTPFailure {
        guard let parameter = operation.parameters.first(where: { $0.form == .json }) else {
            return .badRequest(description)
        }
        return FailureMapping.failure(
            for: FilterError.syntax(
                parameter: parameter.name, value: "{\"limit\":", message: "unexpected end of the text"))
    }

    private static func unauthorized(_ operation: Operation) -> HTTPFailure {
        if case .bearer = operation.security { .missingToken } else { .unauthorized }
    }

    private static func violations(_ operation: Operation) -> [ValidationDetail] {
        guard let property = operation.requestBody?.properties.first(where: \.isRequired) else {
            return [.additionalProperty("", "unknown")]
        }
        return [.required("", property.name)]
    }
}
