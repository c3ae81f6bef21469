import FoundationEssentials

/// Seals the secret that an event carries (docs/contract/arc-api.md 9.3), so that neither an outbox nor a bus holds it
/// in clear.
///
/// Consumers of the product open it; a connector to somebody else's bus opens it before it publishes.
package struct EventSecretSealer: Sendable {
    private static let prefix = "sealed:"
    private static let label = "event.secret"
    private let sealer: Sealer

    /// - Parameter secret: `DATA_ENCRYPTION_KEY`, which the services share.
    package init(secret: String) { sealer = Sealer(secret: secret, purpose: "event-secret") }

    /// The text to put into the event.
    /// - Throws: ``SealingError``.
    package func seal(_ clear: String) throws(SealingError) -> String {
        let sealed = try sealer.seal(Array(clear.utf8), label: Self.label)
        return Self.prefix + Data(sealed).base64EncodedString()
    }

    /// The clear text; one that was never sealed is returned as it is.
    /// - Throws: ``SealingError`` when it was sealed under another key.
    package func open(_ text: String) throws(SealingError) -> String {
        guard text.hasPrefix(Self.prefix) else { return text }
        guard let sealed = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))) else { throw .failed }
        return String(decoding: try sealer.open(Array(sealed), label: Self.label), as: UTF8.self)
    }
}
