import FoundationEssentials
import JWTKit
package import Logging
package import ServiceLifecycle

/// Keeps a verifier's key set fresh: reads it from a file or a URL at start and again at every interval.
///
/// A key set that cannot be read or holds no usable key leaves the former one in force and is logged.
package struct KeySetLoader: Service {
    /// Fetches the bytes of a key set.
    package typealias Source = @Sendable () async throws -> [UInt8]

    private let verifier: TokenVerifier
    private let source: Source
    private let interval: Duration
    private let logger: Logger

    /// Makes one from its parts.
    package init(verifier: TokenVerifier, source: @escaping Source, interval: Duration, logger: Logger) {
        self.verifier = verifier
        self.source = source
        self.interval = interval
        self.logger = logger
    }

    /// The loaders that a configuration asks for: none without a key set.
    /// - Parameter fetch: Gets the bytes of a URL.
    package static func services(
        for configuration: TokenConfiguration, verifier: TokenVerifier, logger: Logger,
        fetch: @escaping @Sendable (String) async throws -> [UInt8] = KeySetFetcher.fetch
    ) -> [any Service] {
        let source: Source
        if let path = configuration.keySetFile {
            source = file(path)
        } else if let url = configuration.keySetURL {
            source = { try await fetch(url) }
        } else {
            return []
        }
        return [
            KeySetLoader(verifier: verifier, source: source, interval: configuration.keySetRefresh, logger: logger)
        ]
    }

    /// A source that reads a file.
    package static func file(_ path: String) -> Source {
        { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
    }

    /// Reads the key set once.
    /// - Returns: Whether the key set is in use now.
    @discardableResult
    package func load() async -> Bool {
        do {
            let bytes = try await source()
            let set = try JSONDecoder().decode(JWKS.self, from: Data(bytes))
            var keys: [SigningKey] = []
            for jwk in set.keys {
                if let key = await SigningKey.publicKey(jwk) { keys.append(key) }
            }
            guard !keys.isEmpty else {
                logger.error("The key set holds no usable key; the former one stays in force")
                return false
            }
            verifier.replaceKeySet(keys)
            return true
        } catch {
            logger.error(
                "The key set could not be read; the former one stays in force", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Works until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await load()
                try? await Task.sleep(for: interval)
            }
        }
    }
}
