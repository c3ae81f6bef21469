import Synchronization

/// The origins whose pages may read responses (`CORS_ALLOWED_ORIGINS`), which can change while the service runs.
package final class AllowedOrigins: Sendable, ExpressibleByArrayLiteral {
    private let origins: Mutex<Set<String>>

    package init(_ origins: Set<String>) {
        self.origins = Mutex(origins)
    }

    package convenience init(arrayLiteral origins: String...) {
        self.init(Set(origins))
    }

    /// The origins now; `*` stands for all.
    package var current: Set<String> { origins.withLock { $0 } }

    /// Replaces them.
    package func use(_ origins: Set<String>) { self.origins.withLock { $0 = origins } }
}
