package import PostgresClient
package import Sealing

/// Seals every value of a database again that is not sealed under the current key (`arc keys rotate`).
///
/// It may run beside the services, several times, and be ended at any moment: each value says under which key it is sealed, so there
/// is no other state. A value is replaced only if it is still the one that was read, in statements of a few rows that wait for nobody.
package struct KeyRotation: Sendable {
    /// How gently it works.
    package struct Settings: Sendable {
        /// Rows that are read, and changed, by one statement.
        package var batchSize: Int
        /// Between statements, to leave the database to others.
        package var pause: Duration
        /// Whether values are only counted.
        package var isDryRun: Bool
        /// How often a column is read again because of values that others had locked or changed.
        package var maximumPasses: Int

        package init(
            batchSize: Int = 200, pause: Duration = .milliseconds(10), isDryRun: Bool = false, maximumPasses: Int = 30
        ) {
            self.batchSize = batchSize
            self.pause = pause
            self.isDryRun = isDryRun
            self.maximumPasses = maximumPasses
        }
    }

    /// How long a database may be away before the command gives up.
    private static let patience: Duration = .seconds(60)

    private let pool: PostgresPool
    private let keys: EncryptionKeys
    private let settings: Settings

    package init(pool: PostgresPool, keys: EncryptionKeys, settings: Settings = Settings()) {
        self.pool = pool
        self.keys = keys
        self.settings = settings
    }

    /// Seals the values of a column again. The last pass, which finds nothing to do, is the proof that nothing is left.
    /// - Parameter progress: Called after each page.
    /// - Throws: `PostgresError`; `CancellationError`.
    package func run(
        _ column: SealedColumn, progress: (RotationProgress) -> Void = { _ in }
    ) async throws -> RotationOutcome {
        let resealing = Resealing(column, keys: keys)
        let repository = SealedColumnRepository(
            pool: pool, column: column, prefix: resealing.sealer.currentPrefix)
        let estimate = try await repository.estimatedRows()
        var resealed = 0
        var pass = 1
        while true {
            let count = try await read(repository, resealing) { count in
                progress(
                    RotationProgress(
                        column: column.name, pass: pass, rows: count.rows, estimatedRows: estimate,
                        resealed: resealed + count.sealed))
            }
            resealed += count.sealed
            if settings.isDryRun || count.stale == 0 || pass >= settings.maximumPasses {
                return RotationOutcome(
                    column: column.name, rows: count.rows, resealed: resealed, left: count.stale - count.sealed,
                    unreadable: count.unreadable)
            }
            // Without a wait, unless somebody has locked or changed values: then the next pass proves that nothing is left.
            if count.sealed < count.stale { try await Task.sleep(for: .milliseconds(min(100 * pass, 2000))) }
            pass += 1
        }
    }

    /// One pass through the table.
    private func read(
        _ repository: SealedColumnRepository, _ resealing: Resealing, progress: (Count) -> Void
    ) async throws -> Count {
        var count = Count()
        var last: [String]?
        repeat {
            let position = last
            let page = try await patiently { try await repository.page(after: position, limit: settings.batchSize) }
            try await apply(page, resealing, repository, &count)
            last = page.last
            progress(count)
            if last != nil { try await Task.sleep(for: settings.pause) }
        } while last != nil
        return count
    }

    /// What a pass has found.
    private struct Count {
        var rows = 0
        /// Values under another key that can be opened.
        var stale = 0
        /// Of these, the ones that were sealed again.
        var sealed = 0
        var unreadable = 0
    }

    private func apply(
        _ page: SealedColumnRepository.Page, _ resealing: Resealing, _ repository: SealedColumnRepository,
        _ count: inout Count
    ) async throws {
        var changes: [(value: StaleValue, latest: StaleValue.Value)] = []
        for value in page.values {
            switch resealing.outcome(of: value) {
            case .current: break
            case .unreadable: count.unreadable += 1
            case .resealed(let latest): changes.append((value, latest))
            }
        }
        count.rows += page.rowCount
        count.stale += changes.count
        guard !settings.isDryRun else { return }
        let latest = changes
        count.sealed += try await patiently { try await repository.replace(latest) }
    }

    /// Repeats what has failed because the database is away, for a minute. Everything here may be repeated.
    private func patiently<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let end = ContinuousClock.now.advanced(by: Self.patience)
        while true {
            do { return try await body() } catch {
                guard let failure = error as? PostgresError, failure.isUnavailable || failure.isTransactionConflict,
                    ContinuousClock.now < end
                else { throw error }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}
