package import Entities
package import HTTPTypes
package import JSONCoding

/// Why a request was not done, in the words of the API contract (section 2.3). The only error that becomes a response.
///
/// Everything else that is thrown is mapped to one of these in `FailureMapping`, in one place.
package struct HTTPFailure: Error, Sendable {
    /// HTTP status, 400...599.
    package var status: HTTPResponse.Status
    /// LoopBack's error name, such as `UnprocessableEntityError`.
    package var name: String
    /// A sentence for the caller; LoopBack puts an object here for failed tokens.
    package var message: JSONValue
    /// Stable machine-readable code, such as `VALIDATION_FAILED`.
    package var code: String?
    /// What is wrong with each field.
    package var details: [ValidationDetail]
    /// Why a parameter is not JSON: stands in place of the details (docs/contract/arc-api.md 2.3).
    package var syntaxError: String?
    /// The parameter that the details are about; nil: the body.
    package var parameter: String?
    /// Further headers of the answer, such as `Allow` and `Retry-After`.
    package var headers: HTTPFields

    /// Makes one from its parts.
    package init(
        _ status: HTTPResponse.Status, name: String, message: JSONValue, code: String? = nil,
        details: [ValidationDetail] = [], headers: HTTPFields = [:]
    ) {
        self.status = status
        self.name = name
        self.message = message
        self.code = code
        self.details = details
        self.headers = headers
    }
}

extension HTTPFailure {
    /// 400 with a message that says what to change.
    package static func badRequest(_ message: String, code: String? = nil) -> HTTPFailure {
        HTTPFailure(.badRequest, name: "BadRequestError", message: .string(message), code: code)
    }

    /// 400: a parameter could not be understood. `reason` is added to LoopBack's text so that the caller knows why.
    package static func invalidParameter(
        _ name: String, value: JSONValue, reason: String, details: [ValidationDetail] = []
    ) -> HTTPFailure {
        let text = String(decoding: value.serialized(), as: UTF8.self)
        var all = details
        if all.isEmpty {
            all = [ValidationDetail(path: "/\(name)", code: "invalid", message: reason, info: [:])]
        }
        var failure = HTTPFailure(
            .badRequest, name: "BadRequestError", message: .string("Invalid data \(text) for parameter \"\(name)\"."),
            code: "INVALID_PARAMETER_VALUE", details: all)
        failure.parameter = name
        return failure
    }

    /// 401 for a missing `Authorization` header.
    package static let missingToken = HTTPFailure(
        .unauthorized, name: "UnauthorizedError", message: "Bearer realm=\"Users\"",
        headers: [.wwwAuthenticate: "Bearer realm=\"Users\""])

    /// 401 for every token that cannot be accepted; which check failed is not said (docs/contract/arc-api.md 3.2).
    package static let invalidToken = HTTPFailure(
        .unauthorized, name: "UnauthorizedError", message: ["message": "TokenExpired"],
        headers: [.wwwAuthenticate: "Bearer realm=\"Users\", error=\"invalid_token\""])

    /// 401 for a token whose user's password has expired.
    package static let passwordExpired = HTTPFailure(
        .unauthorized, name: "UnauthorizedError", message: ["message": "PasswordExpiryError"],
        headers: [.wwwAuthenticate: "Bearer realm=\"Users\", error=\"invalid_token\""])

    /// 401 for every API key that cannot be accepted.
    package static let invalidAPIKey = HTTPFailure(
        .unauthorized, name: "UnauthorizedError", message: "The API key is unknown, has expired or was deleted.",
        code: "INVALID_API_KEY", headers: [.wwwAuthenticate: "Bearer realm=\"Users\", error=\"invalid_token\""])

    /// 401 for what cannot be an API key, which anybody can tell.
    package static let malformedAPIKey = HTTPFailure(
        .unauthorized, name: "UnauthorizedError",
        message: "This is not an API key. Keys begin with arc_ and have 53 characters; was it copied as a whole?",
        code: "INVALID_API_KEY", headers: [.wwwAuthenticate: "Bearer realm=\"Users\", error=\"invalid_token\""])

    /// 401 for credentials of several kinds in one request.
    package static let severalCredentials = HTTPFailure(
        .unauthorized, name: "UnauthorizedError",
        message: "The request has several credentials. Send one: a token, an API key or a session.",
        code: "SEVERAL_CREDENTIALS", headers: [.wwwAuthenticate: "Bearer realm=\"Users\", error=\"invalid_request\""])

    /// 401 without a reason, for keys, signatures and identities that do not fit.
    package static let unauthorized = HTTPFailure(.unauthorized, name: "UnauthorizedError", message: "Unauthorized")

    /// 403: the token lacks every permission that the operation accepts.
    package static let notAllowed = HTTPFailure(.forbidden, name: "ForbiddenError", message: "NotAllowedAccess")

    /// 403: the caller's tenant was deleted or suspended, or never existed.
    package static let tenantNotActive = HTTPFailure(
        .forbidden, name: "ForbiddenError", message: "NotAllowedAccess", code: "TENANT_NOT_ACTIVE")

    /// 403: a tenant's own users may not set this member of the body. `path` is a JSON pointer.
    package static func reservedToOperators(_ path: String) -> HTTPFailure {
        var failure = notAllowed
        failure.details = [
            ValidationDetail(path: path, code: "readOnly", message: "may only be changed by an operator", info: [:])
        ]
        return failure
    }

    /// 404 for a row that does not exist, was deleted, or is not the caller's to see.
    package static let entityNotFound = HTTPFailure(.notFound, name: "NotFoundError", message: "EntityNotFound")

    /// 404 for a path that no operation has.
    package static let unknownPath = HTTPFailure(.notFound, name: "NotFoundError", message: "API not found !")

    /// 404 for a write to a row that does not exist (`ENTITY_NOT_FOUND`, docs/contract/arc-api.md 2.3).
    package static func entityNotFound(model: String, id: String) -> HTTPFailure {
        HTTPFailure(
            .notFound, name: "Error", message: .string("Entity not found: \(model) with id \"\(id)\""),
            code: "ENTITY_NOT_FOUND")
    }

    /// 405 with the methods that the path does have.
    package static func methodNotAllowed(allow: [HTTPRequest.Method]) -> HTTPFailure {
        HTTPFailure(
            .methodNotAllowed, name: "MethodNotAllowedError", message: "Method Not Allowed",
            headers: [.allow: allow.map(\.rawValue).joined(separator: ", ")])
    }

    /// 408: the head or the body of a request did not arrive in time.
    package static func requestTimeout(_ message: String) -> HTTPFailure {
        HTTPFailure(.requestTimeout, name: "RequestTimeoutError", message: .string(message))
    }

    /// 414: the target of the request, path and query, is longer than the limit.
    static let targetTooLong = HTTPFailure(
        .uriTooLong, name: "UriTooLongError", message: "The path and query of the request are too long.")

    /// 417: `Expect` asks for something else than `100-continue`.
    static let expectationFailed = HTTPFailure(
        .expectationFailed, name: "ExpectationFailedError",
        message: "The Expect header field may only be 100-continue.")

    /// 431: the header fields of the request are larger, or more, than the limit.
    static let headTooLarge = HTTPFailure(
        .requestHeaderFieldsTooLarge, name: "RequestHeaderFieldsTooLargeError",
        message: "The header fields of the request are too large or too many.")

    /// 409 with what it conflicts with.
    package static func conflict(_ message: String = "Conflict", code: String? = nil) -> HTTPFailure {
        HTTPFailure(.conflict, name: "ConflictError", message: .string(message), code: code)
    }

    /// 413: the body is larger than the limit, in bytes.
    package static let payloadTooLarge = HTTPFailure(
        .contentTooLarge, name: "PayloadTooLargeError", message: "request entity too large")

    /// 415 for a body that is not JSON.
    package static func unsupportedMediaType(_ type: String) -> HTTPFailure {
        HTTPFailure(
            .unsupportedMediaType, name: "UnsupportedMediaTypeError",
            message: .string("Content-type \(type) does not match [application/json]."), code: "UNSUPPORTED_MEDIA_TYPE")
    }

    /// 415: the body is compressed.
    package static func unsupportedContentEncoding(_ encoding: String) -> HTTPFailure {
        HTTPFailure(
            .unsupportedMediaType, name: "UnsupportedMediaTypeError",
            message: .string("The body must be sent without compression, not as \(encoding.prefix(50))."),
            code: "UNSUPPORTED_MEDIA_TYPE", headers: [.acceptEncoding: "identity"])
    }

    /// 422 with every violation of the body's schema.
    package static func validation(_ details: [ValidationDetail]) -> HTTPFailure {
        HTTPFailure(
            .unprocessableContent, name: "UnprocessableEntityError",
            message: "The request body is invalid. See error object `details` property for more info.",
            code: "VALIDATION_FAILED", details: details)
    }

    /// 422 for one field of the body. `path` is a JSON pointer.
    package static func invalidField(_ path: String, code: String, _ message: String) -> HTTPFailure {
        validation([ValidationDetail(path: path, code: code, message: message, info: [:])])
    }

    /// 422 with a message only.
    package static func unprocessable(_ message: String) -> HTTPFailure {
        HTTPFailure(.unprocessableContent, name: "UnprocessableEntityError", message: .string(message))
    }

    /// 429 with the seconds after which to come back.
    package static func tooManyRequests(headers: HTTPFields) -> HTTPFailure {
        HTTPFailure(
            .tooManyRequests, name: "TooManyRequestsError", message: "Method rate limit reached !",
            code: "RATE_LIMITED", headers: headers)
    }

    /// 503: something that the service depends on does not answer, and nothing was changed; the request may be repeated
    /// after `retryAfter` seconds.
    package static func unavailable(retryAfter: Int = 1) -> HTTPFailure {
        HTTPFailure(
            .serviceUnavailable, name: "ServiceUnavailableError",
            message: "The service is temporarily unavailable, nothing was changed. Please try again.",
            code: "UNAVAILABLE", headers: [.retryAfter: String(retryAfter)])
    }

    /// 503 for a request that took too long and was canceled before it had an effect.
    package static let timedOut = HTTPFailure(
        .serviceUnavailable, name: "ServiceUnavailableError",
        message: "The request took too long and was canceled, nothing was changed.",
        code: "TIMEOUT", headers: [.retryAfter: "1"])

    /// 504: the answer of the database, or of an external system, was lost after the change had been sent to it.
    package static let outcomeUnknown = HTTPFailure(
        .gatewayTimeout, name: "GatewayTimeoutError",
        message: """
            The outcome is unknown: the change may or may not have been made. Check it before you repeat the request. \
            A request with an Idempotency-Key header can be repeated with the same key: it takes effect at most once.
            """,
        code: "OUTCOME_UNKNOWN")

    /// 500. Never says why; the log does, under the same request id.
    package static let internalError = HTTPFailure(
        .internalServerError, name: "InternalServerError", message: "Internal Server Error")
}
