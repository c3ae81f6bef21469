import HTTPTypes

extension HTTPRequest.Method {
    /// Whether requests with it change nothing (RFC 9110 section 9.2.1).
    var isSafe: Bool { self == .get || self == .head || self == .options }
}
