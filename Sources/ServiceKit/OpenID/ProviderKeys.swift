package import Logging
import Synchronization

/// The keys of the identity provider with which operators log in.
package final class ProviderKeys: KeySetHolder {
    private struct State {
        var keys = KeySet()
        var refresh: KeySetRefresh?
    }

    private let state = Mutex(State())

    package init() {}

    func replaceKeySet(_ keys: [SigningKey]) { state.withLock { $0.keys = KeySet(keys) } }

    func onUnknownKey(_ refresh: @escaping KeySetRefresh) { state.withLock { $0.refresh = refresh } }

    /// The key that a token names; the provider may have rotated its keys, so the set is read again for an unknown name.
    func key(named name: String?, algorithm: String) async -> SigningKey? {
        guard SigningKey.publicAlgorithms.contains(algorithm) else { return nil }
        if let key = known(name, algorithm: algorithm) { return key }
        let refresh = state.withLock { $0.refresh }
        await refresh?()
        return known(name, algorithm: algorithm)
    }

    private func known(_ name: String?, algorithm: String) -> SigningKey? {
        let keys = state.withLock { $0.keys }
        guard let name else { return keys.only(algorithm: algorithm) }
        guard case .key(let key) = keys.choose(name, algorithm: algorithm) else { return nil }
        return key
    }
}

extension KeySetLoader {
    /// Keeps the keys of a provider fresh.
    package convenience init(
        keys: ProviderKeys, source: @escaping Source, interval: Duration, logger: Logger
    ) {
        self.init(verifier: keys, source: source, interval: interval, logger: logger)
    }
}
