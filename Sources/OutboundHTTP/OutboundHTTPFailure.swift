import AsyncHTTPClient
import NIOCore

/// Why there was no answer, without data: errors below HTTP name host and port at most; a URL, which may hold a token,
/// never shows.
package struct OutboundHTTPFailure: Error, Sendable, Hashable {
    /// The reason, in at most 200 characters.
    package let reason: String

    /// A failure for the given reason.
    package init(reason: String) { self.reason = reason }

    /// Describes an error of the client or of reading the body of an answer.
    init(_ error: any Error) {
        reason =
            switch error {
            case let error as TimeLimitExceeded: "there was no complete answer within \(error.limit)"
            case is CancellationError: "the request was canceled"
            case let error as HTTPClientError: error.shortDescription
            case is NIOTooManyBytesError, is AnswerTooLarge: "the answer is too long"
            default: String("\(error)".prefix(200))
            }
    }
}
