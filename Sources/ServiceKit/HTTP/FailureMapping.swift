import Entities
import HTTPTypes
import Hummingbird
import JSONCoding
import NIOCore
import PostgresClient

/// The one place where errors of the layers below become HTTP failures (docs/contract/arc-api.md 2.3).
package enum FailureMapping {
    /// The failure that the client sees for an error.
    /// - Parameter isSafe: Whether the request changes nothing (RFC 9110 section 9.2.1): then no outcome is unknown.
    package static func failure(for error: any Error, isSafe: Bool) -> HTTPFailure {
        let failure = failure(for: error)
        return isSafe && failure.code == HTTPFailure.outcomeUnknown.code ? .unavailable() : failure
    }

    /// The failure that the client of a request that may change something sees for an error.
    package static func failure(for error: any Error) -> HTTPFailure {
        switch error {
        case let failure as HTTPFailure: failure
        case let error as any HTTPFailureConvertible: error.httpFailure
        case let error as ValidationFailure: .validation(error.details)
        case let error as RepositoryError: failure(for: error)
        case let error as FilterError: failure(for: error)
        case let error as PostgresError: failure(for: RepositoryError.from(error, entity: nil))
        case let error as HTTPError: failure(status: error.status)
        case is NIOTooManyBytesError: .payloadTooLarge
        case let error as RequestBodyFailure: error.failure
        // What was done until then is not known here.
        case is CancellationError: .outcomeUnknown
        default: .internalError
        }
    }

    /// What the log may say about an error: the project's own types describe themselves without data.
    static func loggable(_ error: any Error) -> String { "\(type(of: error)): \(error)" }

    private static func failure(for error: RepositoryError) -> HTTPFailure {
        switch error {
        case .notFound(_, let table, let id): .entityNotFound(model: table, id: id)
        case .conflict(let detail): .conflict("Unique constraint violation error ! \(detail)")
        case .stillReferenced(let detail): .conflict("The entity is still referenced: \(detail)")
        case .relatedNotFound(let detail):
            HTTPFailure(
                .notFound, name: "NotFoundError", message: .string("Related entity not found ! \(detail)"))
        case .invalid(let field, let reason): invalid(field: field, reason: reason)
        case .ruleViolation(let detail): .validation([detail])
        case .forbidden: .entityNotFound
        case .identifierChanged(let from, let to):
            HTTPFailure(
                .badRequest, name: "Error",
                message: .string("id property (id) cannot be updated from \(from) to \(to)"))
        case .versionMismatch:
            HTTPFailure(
                .preconditionFailed, name: "PreconditionFailedError",
                message: "The entity was changed in the meantime. Read it again and repeat the change.",
                code: "VERSION_MISMATCH")
        case .tooManyRows(let limit):
            HTTPFailure(
                .unprocessableContent, name: "UnprocessableEntityError",
                message: .string("More than \(limit) rows match; nothing was changed. Narrow the condition."),
                code: "TOO_MANY_ROWS")
        case .invalidFilter(let error): failure(for: error)
        case .refused: .conflict("The state of the entity does not allow this.", code: "STATE")
        case .unavailable, .contention, .cancelled: .unavailable()
        case .timeout: .timedOut
        case .outcomeUnknown: .outcomeUnknown
        case .unexpected(sqlState: CommitMark.lost):
            .conflict(
                "Another process carries out the request with this Idempotency-Key. Repeat it in a moment.",
                code: "IDEMPOTENCY_IN_PROGRESS")
        case .unexpected: .internalError
        }
    }

    private static func failure(for error: FilterError) -> HTTPFailure {
        let (status, name): (HTTPResponse.Status, String) =
            switch error {
            case .secretMembers: (.unprocessableContent, "UnprocessableEntityError")
            case .unknownRelations: (.badRequest, "Error")
            default: (.badRequest, "BadRequestError")
            }
        var failure = HTTPFailure(
            status, name: name, message: .string(error.message), code: error.code, details: error.details)
        failure.syntaxError = error.syntaxError
        failure.parameter = error.parameter
        return failure
    }

    private static func invalid(field: String?, reason: InvalidReason) -> HTTPFailure {
        let path = field.map { "/\($0)" } ?? ""
        return switch reason {
        case .required:
            .validation([
                ValidationDetail(
                    path: "", code: "required", message: "must have required property '\(field ?? "")'",
                    info: ["missingProperty": .string(field ?? "")])
            ])
        case .tooLong: .invalidField(path, code: "maxLength", "is longer than the field allows")
        case .outOfRange: .invalidField(path, code: "range", "is outside the range that the field allows")
        case .malformed: .invalidField(path, code: "format", "is not in the form that the field requires")
        case .rejected: .invalidField(path, code: "constraint", "is not allowed together with the other values")
        }
    }

    private static func failure(status: HTTPResponse.Status) -> HTTPFailure {
        switch status {
        case .contentTooLarge: .payloadTooLarge
        case .notFound: .unknownPath
        case let status where (400..<500).contains(status.code): .badRequest(status.reasonPhrase)
        default: .internalError
        }
    }
}
