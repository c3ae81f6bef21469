import Crypto
import FoundationEssentials
import JSONCoding
import Primitives
import ServiceKit
import WorkQueue

/// Sends the application data of a tenant to tenant management: signed parts, one after the other, and what becomes of them.
struct DataExportUpload: Sendable {
    /// Bytes of a part: with the overhead of base64 less than half of what a request may have.
    static let partSize = 256 << 10

    /// Tenant management does not take the data any more.
    struct Refused: Error {}

    /// `{TENANT_MANAGEMENT_URL}/tenant-exports/{id}/data`.
    let url: String
    let request: DataExportRequest
    /// What is sent replaces what was sent under a lower number.
    let attempt: Int
    let client: JSONPoster
    let timeout: Duration
    /// How long an answer is tried to get for the same part, while tenant management is away.
    let patience: Duration
    let clock: any WallClock

    private static let backOff = BackOff(initial: .milliseconds(200), maximum: .seconds(5))

    /// Sends everything that comes through a channel.
    /// - Returns: What the end has to say of it.
    /// - Throws: ``Refused``, a ``ProvisioningFailure``, or a `CancellationError`.
    func send(_ channel: OutputChannel) async throws -> Summary {
        var hasher = SHA256()
        var summary = Summary()
        while let part = await channel.next(Self.partSize) {
            try Task.checkCancellation()
            hasher.update(data: Data(part))
            try await send([
                "type": "PART", "attempt": .integer(attempt), "position": .integer(summary.parts),
                "content": .string(Data(part).base64EncodedString()),
            ])
            summary.parts += 1
            summary.size += part.count
        }
        summary.sha256 = Hex.encode(Array(hasher.finalize()))
        return summary
    }

    /// What was sent.
    struct Summary: Sendable {
        var parts = 0
        var size = 0
        var sha256 = ""
    }

    /// Says that everything was sent.
    func end(_ summary: Summary, kind: String, name: String?, tier: String) async throws {
        var message: JSONObject = [
            "type": "END", "attempt": .integer(attempt), "parts": .integer(summary.parts),
            "size": .integer(summary.size), "sha256": .string(summary.sha256), "kind": .string(kind),
        ]
        if let name { message["name"] = .string(name) }
        if !tier.isEmpty { message["tier"] = .string(String(tier.prefix(100))) }
        try await send(message)
    }

    /// Says that there is nothing.
    func sayNone(_ reason: String) async throws {
        try await send(["type": "NONE", "reason": .string(String(reason.prefix(300)))])
    }

    /// Says that the data cannot be sent.
    func sayFailed(_ reason: String) async throws {
        let text = reason.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) }
        try await send(["type": "FAILED", "reason": .string(String(String(text).prefix(300)))])
    }

    /// Sends a message until it is answered. Each has its own timestamp and signature.
    private func send(_ message: JSONObject) async throws {
        let body = JSONValue.object(message).javaScriptSerialized()
        let deadline = ContinuousClock.now.advanced(by: patience)
        var failures = 0
        while true {
            let timestamp = clock.now().milliseconds
            var headers = [
                WebhookSignature.timestampHeader: String(timestamp),
                WebhookSignature.signatureHeader: WebhookSignature.sign(
                    body: body, context: request.export.description, timestampMilliseconds: timestamp,
                    secret: request.secret),
            ]
            headers.merge(request.trace?.headers ?? [:]) { $1 }
            let reason: String
            switch await client.post(url, headers: headers, body: body, timeout: timeout) {
            case .answered(let status, _) where (200...299).contains(status): return
            case .answered(409, _), .answered(410, _): throw Refused()
            case .answered(413, _):
                throw ProvisioningFailure.permanent(
                    "tenant management takes no parts of this size (HTTP_MAX_BODY_BYTES)")
            case .answered(422, _): throw ProvisioningFailure.transient("tenant management has not received all parts")
            case .answered(let status, _): reason = "tenant management answered \(status)"
            case .failed(let text): reason = "tenant management could not be reached: \(text)"
            }
            failures += 1
            guard ContinuousClock.now < deadline else { throw ProvisioningFailure.unavailable(reason) }
            try await Task.sleep(for: Self.backOff.delay(afterFailures: failures))
        }
    }
}
