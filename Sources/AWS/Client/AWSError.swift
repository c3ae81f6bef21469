package import Primitives

/// Why a call had no result. Messages of services are not kept: some repeat headers of the request, with tokens in them.
package struct AWSError: DependencyError, Sendable, Hashable, CustomStringConvertible {
    /// What can be done about it.
    package enum Kind: Sendable, Hashable {
        /// The service wants fewer requests.
        case throttled
        /// The service or the way to it is out of order.
        case unavailable
        /// There are no valid credentials.
        case credentials
        /// The service has understood the request and does not perform it: a wrong name, a missing permission, bad input.
        case refused
    }

    package let kind: Kind
    /// Service and operation, such as `sqs SendMessageBatch`.
    package let operation: String
    /// The service's code; nil when there was no answer.
    package let code: String?
    package let status: Int?
    /// Why there was no answer.
    package let reason: String?
    /// What the service asked to wait.
    package let retryAfter: Duration?

    package init(
        _ kind: Kind, operation: String, code: String? = nil, status: Int? = nil, reason: String? = nil,
        retryAfter: Duration? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.code = code
        self.status = status
        self.reason = reason
        self.retryAfter = retryAfter
    }

    package var description: String {
        let cause = [code, status.map { "status \($0)" }, reason].compactMap(\.self).joined(separator: ", ")
        let what =
            switch kind {
            case .throttled: "throttled"
            case .unavailable: "unavailable"
            case .credentials: "credentials"
            case .refused: "refused"
            }
        return "\(operation): \(what)\(cause.isEmpty ? "" : " (\(cause))")"
    }

    /// Whether the same call may succeed later.
    package var isDependencyUnavailable: Bool { kind != .refused }
}

extension AWSError {
    /// The code in a text of an answer, fit for logs: without name spaces, at most 100 letters, digits and `.`, `_`, `-`.
    package static func code(cleaning text: String) -> String { ErrorCode.cleaned(text) }
}
