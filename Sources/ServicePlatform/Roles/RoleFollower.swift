package import Logging
package import PostgresClient
package import ServiceKit
package import ServiceLifecycle
import Synchronization

/// Keeps the roles of `/roles` in memory: asks the service's own database once a second whether they have changed.
///
/// A request costs nothing, and a change counts on every node a second after it has reached the database of the service. A node
/// that has not heard from its database for ``patience`` forgets them, so that a role that was taken away cannot be used for
/// longer.
package final class RoleFollower: Service {
    /// Time between two readings.
    private static let interval = Duration.seconds(1)
    /// How long the roles of a reading are used.
    package static let patience = Duration.seconds(15)

    private struct State {
        var version: Int64?
        var lastRead: ContinuousClock.Instant
        var isStale = true
    }

    private let table: RoleTable
    private let book: RoleBook
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    /// Guards the order of changes of ``book``, too: the roles in it are those of the version here.
    private let state: Mutex<State>

    /// - Parameters:
    ///   - statement: See ``RoleTable``.
    ///   - pool: Separate connections, so that a busy service does not lose its roles.
    ///   - book: What the roles are written into.
    ///   - now: A clock that is never set back.
    package init(
        _ statement: PostgresStatement, pool: PostgresPool, book: RoleBook,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, logger: Logger
    ) {
        table = RoleTable(pool: pool, statement: statement)
        self.book = book
        self.now = now
        self.logger = logger
        state = Mutex(State(lastRead: now()))
    }

    /// Readiness check: before the first reading nobody has the permissions of a role of `/roles`.
    package var healthCheck: HealthCheck {
        HealthCheck(
            "roles", isRequired: true, advice: "Check the database of the service: roles are read from it."
        ) { [self] in !state.withLock(\.isStale) }
    }

    /// Runs until shutdown.
    package func run() async throws {
        await PeriodicWork.run("role_changes", every: Self.interval) { await self.look() }
    }

    /// One reading. Whoever has changed a role calls it, so that the change counts on this node at once.
    package func look() async {
        let start = now()
        do {
            try await read(from: start)
        } catch {
            let isStale = state.withLock { state -> Bool in
                guard !state.isStale, state.lastRead.duration(to: start) > Self.patience else { return false }
                state.isStale = true
                state.version = nil
                book.replaceOwn([])
                return true
            }
            guard isStale else { return }
            logger.warning(
                "Roles could not be read; until they can, those of /roles give no permissions",
                metadata: ["error": "\(error)"])
        }
    }

    private func read(from start: ContinuousClock.Instant) async throws {
        let known = state.withLock(\.version)
        let reading = try await table.read(since: known)
        state.withLock { state in
            // A reading that began before another one, and ends after it, may show less.
            guard start >= state.lastRead else { return }
            state.lastRead = start
            guard state.isStale || reading.version != state.version else { return }
            // Another reading has changed what is known meanwhile; the next one reads everything.
            guard known == state.version else { return }
            state.version = reading.version
            state.isStale = false
            book.replaceOwn(reading.roles)
        }
    }
}
