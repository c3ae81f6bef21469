/// Every parser of bytes from outside. A new parser gets a line here and a folder with examples in Tests/Fixtures/fuzz.
package enum FuzzTargets {
    package static let all: [FuzzTarget] = [
        .json, .javaScript, .queryString, .filter, .condition, .cursor, .pattern,
        .token, .apiKey, .webhookSignature, .webhookTimestamp,
        .redisReplies, .redisURL, .bullMQJob, .eventEnvelope, .eventBridgeDetail,
        .signatureV4, .awsCredentials, .dnsAnswer, .smtpReply,
        .entityTags, .acceptedMedia, .preferences, .forwardedAddress, .traceContext, .writePositions, .cookies,
        .byteRange, .returnPath,
        .providerMetadata,
        .timestamp, .emailAddress, .domainName, .httpURL, .percentEncoding, .tarArchive, .limits,
    ]

    /// The target of a name.
    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
