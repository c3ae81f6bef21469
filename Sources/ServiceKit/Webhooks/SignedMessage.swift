package import JSONCoding

/// A request that proves its origin by a signature: see ``WebhookSignature``.
package struct SignedMessage: Sendable {
    /// What the signature header says; nil when it is missing or empty.
    package let signature: String?
    /// What the timestamp header says, in milliseconds since 1970; nil when it is missing or no whole number.
    package let timestampMilliseconds: Int64?
    /// The parsed body; nil without a body.
    package let body: JSONValue?
    /// The body as sent.
    package let rawBody: [UInt8]

    /// The signed parts of a request.
    package init(_ request: OperationRequest) {
        let signature = HTTPHeaderLookup.value(WebhookSignature.signatureHeader, in: request.headers)
        self.signature = signature?.isEmpty == true ? nil : signature
        timestampMilliseconds = HTTPHeaderLookup.value(WebhookSignature.timestampHeader, in: request.headers)
            .flatMap(WebhookSignature.timestampMilliseconds(header:))
        body = request.body
        rawBody = request.bodyBytes
    }

    /// Whether the signature was made with the secret. False when signature, timestamp or body is missing.
    /// - Parameter context: As for ``WebhookSignature``.
    package func isSigned(context: String?, secret: String) -> Bool {
        guard let signature, let timestampMilliseconds, let body else { return false }
        return WebhookSignature.verify(
            signature, body: body, rawBody: rawBody, context: context,
            timestampMilliseconds: timestampMilliseconds, secret: secret)
    }
}
