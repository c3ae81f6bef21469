import HTTPTypes

/// Cross-origin resource sharing as the original answers it, except that credentials are only allowed for origins that
/// are named: `*` with credentials is no protection at all.
struct CrossOriginPolicy: Sendable {
    private let allowedOrigins: AllowedOrigins
    private let exposedHeaders: String

    /// - Parameters:
    ///   - allowedOrigins: Origins that may read answers; `*` stands for all.
    ///   - operations: Scripts may read every header that one of them declares.
    init(allowedOrigins: AllowedOrigins, operations: [Operation]) {
        self.allowedOrigins = allowedOrigins
        let names = Set(operations.flatMap { $0.answerHeaders.map(\.name) })
        exposedHeaders = names.sorted().joined(separator: ", ")
    }

    /// Headers for an answer to a request from a browser; none when the request names no origin or another one.
    func headers(origin: String?) -> HTTPFields {
        guard let origin else { return [:] }
        let allowedOrigins = allowedOrigins.current
        if allowedOrigins.contains("*") {
            return [.accessControlAllowOrigin: "*", .accessControlExposeHeaders: exposedHeaders]
        }
        guard allowedOrigins.contains(origin) else { return [.vary: "Origin"] }
        return [
            .accessControlAllowOrigin: origin, .accessControlAllowCredentials: "true", .vary: "Origin",
            .accessControlExposeHeaders: exposedHeaders,
        ]
    }

    /// Further headers for the answer to a preflight request.
    func preflightHeaders(requestedHeaders: String?) -> HTTPFields {
        var fields: HTTPFields = [
            .accessControlAllowMethods: "GET,HEAD,PUT,PATCH,POST,DELETE", .accessControlMaxAge: "86400",
        ]
        if let requestedHeaders { fields[.accessControlAllowHeaders] = requestedHeaders }
        return fields
    }
}
