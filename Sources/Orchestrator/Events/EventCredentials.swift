import Crypto
import Primitives
import ServiceKit

/// Who may send events over HTTP: whoever knows the key, or signs with the secret. Its description reveals nothing.
///
/// Without either nobody may: the original's endpoint is open to everybody who reaches it (docs/contract/arc-api.md
/// 13.1).
struct EventCredentials: Sendable, CustomStringConvertible, CustomReflectable {
    /// Header of the key, as API destinations of EventBridge are set up to send it.
    static let keyHeader = "x-api-key"
    /// Shortest key and secret, in characters.
    static let minimumLength = 16
    /// Most that the timestamp of a signature may be away from now. Longer than for callbacks: buses hold events back.
    /// A repetition within it has no effect.
    static let tolerance = Duration.seconds(300)

    private let key: SHA256.Digest?
    private let signingSecret: String?

    /// - Parameters:
    ///   - key: `EVENT_BRIDGE_API_KEY`; nil: no key is accepted.
    ///   - signingSecret: `EVENT_SIGNING_SECRET`; nil: no signature is accepted.
    init(key: String?, signingSecret: String?) {
        self.key = key.map { SHA256.hash(data: Array($0.utf8)) }
        self.signingSecret = signingSecret
    }

    /// Whether the sender is known. The time does not depend on how much of a key or signature is right.
    /// - Parameters:
    ///   - givenKey: What the header of the key says.
    ///   - message: The request as it is signed.
    func accept(key givenKey: String?, _ message: SignedMessage, at now: Timestamp) -> Bool {
        isKeyRight(givenKey) || isSigned(message, at: now)
    }

    private func isKeyRight(_ given: String?) -> Bool {
        guard let key, let given else { return false }
        // Digests are compared, all of their bytes.
        return SHA256.hash(data: Array(given.utf8)) == key
    }

    /// The form of `/manage/users`: `JSON.stringify(body) + timestamp`, or the body as it was sent.
    private func isSigned(_ message: SignedMessage, at now: Timestamp) -> Bool {
        guard let signingSecret, let timestamp = message.timestampMilliseconds else { return false }
        return message.isSigned(context: nil, secret: signingSecret)
            && abs(timestamp - now.milliseconds) <= Self.tolerance.microseconds / 1000
    }

    var description: String { "credentials" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
