import NIOHTTP1
import Primitives

/// Signs deliveries (Standard Webhooks 1.0.0): `<id>.<timestamp>.<body>` with each key, so that receivers accept them with
/// the former and with the current one.
enum StandardWebhookSigner {
    /// The headers of an attempt.
    /// - Throws: When a key cannot sign.
    static func headers(
        id: Identifier, timestamp: Timestamp, body: [UInt8], keys: [WebhookKey]
    ) throws -> HTTPHeaders {
        let seconds = String(timestamp.seconds)
        let message = Array("\(id).\(seconds).".utf8) + body
        return [
            "content-type": "application/json", "webhook-id": id.description, "webhook-timestamp": seconds,
            "webhook-signature": try keys.map { try $0.signature(of: message) }.joined(separator: " "),
        ]
    }
}
