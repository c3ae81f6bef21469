import JSONCoding
import Primitives

/// The code of an error, such as `QueueDoesNotExist`.
enum ErrorCode {
    /// Clocks differ, or the signature has another fault that a correct clock may mend.
    static let ofTime: Set<String> = [
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
        "SignatureDoesNotMatch", "AuthFailure",
    ]

    /// Credentials have expired, or are not known (any more).
    static let ofCredentials: Set<String> = [
        "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
        "InvalidToken",
    ]

    static let ofThrottling: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown", "KmsThrottled",
        "PriorRequestNotComplete", "OverLimit",
    ]

    static let ofOutages: Set<String> = [
        "InternalError", "InternalFailure", "InternalException", "ServiceUnavailable", "ServiceUnavailableException",
        "RequestTimeout", "RequestTimeoutException",
    ]

    /// Reads the code from an answer, wherever its protocol puts it.
    static func of(_ body: JSONValue?, header: String?) -> String? {
        let text = body?["__type"]?.stringValue ?? body?["code"]?.stringValue ?? body?["Code"]?.stringValue ?? header
        return text.map { cleaned($0) }
    }

    /// Without the name space before `#` and what follows a colon; only letters, digits, `.`, `_` and `-`, at most 100. The
    /// text comes from outside and goes into logs.
    static func cleaned(_ text: String) -> String {
        let name = text.split(separator: "#").last ?? ""
        let code = name.utf8.prefix { $0 != UInt8(ascii: ":") }
            .filter { PercentEncoding.isUnreserved($0) && $0 != UInt8(ascii: "~") }
        return String(decoding: code.prefix(100), as: UTF8.self)
    }
}
