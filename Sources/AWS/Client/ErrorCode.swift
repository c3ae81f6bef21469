import JSONCoding
import Primitives

/// The code of an error, such as `QueueDoesNotExist`.
enum ErrorCode {
    /// The signature was refused: because the clocks differ, or for a reason that a corrected clock may remove as well.
    static let ofTime: Set<String> = [
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
        "SignatureDoesNotMatch", "AuthFailure",
    ]

    /// The credentials have expired, or the service does not know them.
    static let ofCredentials: Set<String> = [
        "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
        "InvalidToken",
    ]

    /// There were too many requests; a later one succeeds.
    static let ofThrottling: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown", "KmsThrottled",
        "PriorRequestNotComplete", "OverLimit",
    ]

    /// The service failed.
    static let ofOutages: Set<String> = [
        "InternalError", "InternalFailure", "InternalException", "ServiceUnavailable", "ServiceUnavailableException",
        "RequestTimeout", "RequestTimeoutException",
    ]

    /// Reads the code from an answer: from a member of the body or from a header, which depends on the protocol of the service.
    static func of(_ body: JSONValue?, header: String?) -> String? {
        let text = body?["__type"]?.stringValue ?? body?["code"]?.stringValue ?? body?["Code"]?.stringValue ?? header
        return text.map { cleaned($0) }
    }

    /// The code alone, without the namespace before `#` and without what follows a colon. Codes are logged, so only letters, digits,
    /// `.`, `_` and `-` are kept, and at most 100 of them.
    static func cleaned(_ text: String) -> String {
        let name = text.split(separator: "#").last ?? ""
        let code = name.utf8.prefix { $0 != UInt8(ascii: ":") }
            .filter { PercentEncoding.isUnreserved($0) && $0 != UInt8(ascii: "~") }
        return String(decoding: code.prefix(100), as: UTF8.self)
    }
}
