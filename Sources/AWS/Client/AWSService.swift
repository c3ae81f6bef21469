/// A service of AWS. ``AWSClient`` calls those with a JSON protocol; of STS, only the endpoint is used.
package struct AWSService: Sendable, Hashable {
    /// Its name in signatures and host names.
    let name: String
    /// Before the operation in the header `x-amz-target`; empty for STS.
    let target: String
    /// The version of the JSON protocol, 1.0 or 1.1; empty for STS.
    let version: String

    package static let sqs = AWSService(name: "sqs", target: "AmazonSQS", version: "1.0")
    package static let eventBridge = AWSService(name: "events", target: "AWSEvents", version: "1.1")
    package static let sts = AWSService(name: "sts", target: "", version: "")

    /// All of them.
    static let all = [sqs, eventBridge, sts]

    /// The name in `AWS_ENDPOINT_URL_SQS` and the like.
    var variable: String { name == "events" ? "eventbridge" : name }
}
