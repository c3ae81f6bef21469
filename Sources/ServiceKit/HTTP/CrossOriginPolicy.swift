import HTTPTypes

/// Cross-origin resource sharing as the original answers it (contract 2.7), except that credentials are only allowed
/// for origins that are named: `*` with credentials is no protection at all.
struct CrossOriginPolicy: Sendable {
    let allowedOrigins: Set<String>

    /// Headers for an answer to a request from a browser; none when the request names no origin or another one.
    func headers(origin: String?) -> HTTPFields {
        guard let origin else { return [:] }
        if allowedOrigins.contains("*") {
            return [.accessControlAllowOrigin: "*", .accessControlExposeHeaders: Self.exposed]
        }
        guard allowedOrigins.contains(origin) else { return [.vary: "Origin"] }
        return [
            .accessControlAllowOrigin: origin, .accessControlAllowCredentials: "true", .vary: "Origin",
            .accessControlExposeHeaders: Self.exposed,
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

    private static let exposed = [
        "Location", "ETag", "X-Request-Id", "X-Total-Count", "Link", "Retry-After", "Preference-Applied",
        "Idempotency-Replayed", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit",
    ].joined(separator: ", ")
}
