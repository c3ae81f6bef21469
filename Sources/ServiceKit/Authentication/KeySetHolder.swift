/// Reads a key set again because a token names a key that is not in it, and returns when that is done or refused.
typealias KeySetRefresh = @Sendable () async -> Void

/// What verifies tokens with the keys of a ``KeySetLoader``.
protocol KeySetHolder: AnyObject, Sendable {
    /// Replaces the keys of the identity provider; tokens of removed keys are rejected immediately.
    func replaceKeySet(_ keys: [SigningKey])

    /// Sets what is done when a token names an unknown key.
    func onUnknownKey(_ refresh: @escaping KeySetRefresh)
}
