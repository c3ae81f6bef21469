package import JSONCoding

/// Headers that are the same in many answers: written once, under `components/headers`, and referred to.
enum SharedHeader {
    /// The identifier that every answer has.
    static let requestID = OperationResponseHeader(
        name: "X-Request-Id", description: "Identifier of the request: the client's value, or a new one")

    /// How an operation reports its limit of calls.
    static let rateLimit = [
        OperationResponseHeader(
            name: "RateLimit", description: "The strictest limit: \"name\";r=remaining calls;t=seconds (IETF draft)"),
        OperationResponseHeader(
            name: "RateLimit-Policy", description: "All limits of the call: \"name\";q=calls;w=seconds (IETF draft)"),
        OperationResponseHeader(
            name: "X-RateLimit-Limit", description: "Calls in the window of the strictest limit, usually a minute"),
        OperationResponseHeader(name: "X-RateLimit-Remaining", description: "Requests allowed now"),
        OperationResponseHeader(
            name: "X-RateLimit-Reset", description: "Seconds until the full limit is available again"),
    ]

    /// What a failure has in addition to its body.
    static func failure(_ status: Int) -> [OperationResponseHeader] {
        switch status {
        case 401: [.wwwAuthenticate]
        case 405: [.allow]
        case 429: [.retryAfter] + rateLimit
        case 503: [.retryAfter]
        default: []
        }
    }

    private static let all = [requestID] + rateLimit + [writePosition]

    /// Whether a header is written once only.
    static func contains(_ header: OperationResponseHeader) -> Bool { all.contains(header) }

    /// Writes `components/headers`.
    static func writeComponents(to writer: inout JSONWriter) {
        writer.key("headers")
        writer.beginObject()
        for header in all {
            writer.key(header.name)
            header.write(to: &writer)
        }
        writer.endObject()
    }
}

extension Operation {
    /// The headers of its answer of success, beyond those of every answer.
    func headers(of response: OperationResponseDescription) -> [OperationResponseHeader] {
        response.headers + (takesIdempotencyKeys ? [.idempotencyReplayed] : [])
            + (canBeLimited ? SharedHeader.rateLimit : []) + (answersWritePosition ? [SharedHeader.writePosition] : [])
    }

    /// Every header that an answer of it may have, for scripts in browsers, which see only those that are exposed.
    var answerHeaders: [OperationResponseHeader] {
        let failures = OpenAPIOperationWriter(operation: self).failures.keys
        return responses.flatMap { headers(of: $0) } + failures.flatMap { SharedHeader.failure($0) }
            + SharedHeader.failure(405) + [SharedHeader.requestID]
    }

    /// Whether an `Idempotency-Key` has an effect.
    var takesIdempotencyKeys: Bool {
        if case .none = idempotency { false } else { true }
    }
}

extension OperationResponseHeader: JSONWritable {
    /// Writes it as a header object of OpenAPI.
    package func write(to writer: inout JSONWriter) {
        writer.value(["description": .string(description), "schema": ["type": "string"]])
    }
}
