package import Logging
import ServiceKit
package import ServiceLifecycle

/// Stores the last uses of API keys once a minute, and when the service ends.
package struct APIKeyUseRecorder: Service {
    /// Stores uses.
    package typealias Store = @Sendable ([APIKeyUses.Use]) async throws -> Void

    /// Uses that are stored at once.
    package static let batchSize = 500

    private let uses: APIKeyUses
    private let pause: Duration
    private let logger: Logger
    private let store: Store

    /// - Parameter store: Stores at most ``batchSize`` uses.
    package init(uses: APIKeyUses, every pause: Duration = .seconds(60), logger: Logger, store: @escaping Store) {
        self.uses = uses
        self.pause = pause
        self.logger = logger
        self.store = store
    }

    /// Runs until shutdown.
    package func run() async throws {
        await PeriodicWork.run("api_key_uses", every: pause, after: pause) { await record() }
        await record()
    }

    /// One round. What could not be stored is kept for the next one.
    package func record() async {
        var rest = uses.take()[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.batchSize))
            do {
                try await store(batch)
                rest = rest.dropFirst(batch.count)
            } catch {
                for use in rest { uses.note(use.key, at: use.instant, rehash: use.rehash) }
                logger.warning("The last uses of API keys could not be stored", metadata: ["error": "\(error)"])
                return
            }
        }
    }
}
