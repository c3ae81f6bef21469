package import Logging
import Synchronization

/// A level of logging that can change while the process runs.
package final class SharedLogLevel: Sendable {
    /// That of this process.
    package static let process = SharedLogLevel(.info)

    private let index: Atomic<Int>

    package init(_ level: Logger.Level) {
        index = Atomic(Self.index(level))
    }

    package var level: Logger.Level {
        let index = index.load(ordering: .relaxed)
        return Self.levels.indices.contains(index) ? Self.levels[index] : .info
    }

    /// Replaces it, for all loggers.
    package func use(_ level: Logger.Level) { index.store(Self.index(level), ordering: .relaxed) }

    private static let levels = Logger.Level.allCases

    private static func index(_ level: Logger.Level) -> Int { levels.firstIndex(of: level) ?? 0 }
}
