/// Seals the secret that an event carries (docs/contract/arc-api.md 9.3), so that neither an outbox nor a bus holds it
/// in clear.
///
/// Consumers of the product open it; a connector to somebody else's bus opens it before it publishes.
package struct EventSecretSealer: Sendable {
    package static let purpose = "event-secret"
    private let sealer: Sealer

    /// - Parameter keys: Those that the services share.
    package init(keys: EncryptionKeys) { sealer = Sealer(keys: keys, purpose: Self.purpose) }

    /// A sealer with a single key.
    package init(secret: String) { self.init(keys: EncryptionKeys(current: secret)) }

    /// What a secret is sealed with. Values that do not name their key have the former one.
    /// - Parameter context: The `context` of the event; nil for an event without one.
    package static func labels(context: String?) -> (label: String, former: String) {
        let former = "event.secret"
        return (context.map { "\(former)/\($0)" } ?? former, former)
    }

    /// The text to put into the event.
    /// - Parameter context: The `context` of the event, outside of which the secret cannot be opened.
    /// - Throws: ``SealingError``.
    package func seal(_ clear: String, context: String) throws(SealingError) -> String {
        let labels = Self.labels(context: context)
        return SealedText.encode(
            try sealer.seal(Array(clear.utf8), label: labels.label, formerLabel: labels.former))
    }

    /// The clear text; one that was never sealed is returned as it is.
    /// - Throws: ``SealingError`` when it was sealed under another key.
    package func open(_ text: String, context: String? = nil) throws(SealingError) -> String {
        guard text.hasPrefix(SealedText.prefix) else { return text }
        guard let sealed = SealedText.decode(text) else { throw .failed }
        let labels = Self.labels(context: context)
        return String(
            decoding: try sealer.open(sealed, label: labels.label, formerLabel: labels.former), as: UTF8.self)
    }
}
