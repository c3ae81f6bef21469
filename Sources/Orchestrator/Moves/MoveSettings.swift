import Configuration
import ConfigurationChecks
import Primitives

/// Settings of moves.
///
/// | environment | default | range |
/// |---|---|---|
/// | `MOVE_WINDOW_SECONDS` | 1800 | 10 … 86400 for which a tenant can be read-only or locked out; then the move is undone |
/// | `MOVE_RETENTION_HOURS` | 168 | 0 … 8760 for which the old copy is kept, unless the move is confirmed |
/// | `MOVE_PG_DUMP`, `MOVE_PG_RESTORE` | found in `PATH` | PostgreSQL's programs, at least of the servers' version |
struct MoveSettings: Sendable {
    static let configurationKeys: ConfigurationKeys = [
        "MOVE_WINDOW_SECONDS", "MOVE_RETENTION_HOURS", "MOVE_PG_DUMP", "MOVE_PG_RESTORE",
    ]

    /// How long a tenant may be unable to write.
    var window = Duration.seconds(1800)
    /// How long the old copy is kept.
    var retention = Duration.seconds(168 * 3600)
    /// The programs, by name or path.
    var dumpProgram = "pg_dump"
    var restoreProgram = "pg_restore"

    init() {}

    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        window = .seconds(try reader.integer("move.window.seconds", default: 1800, in: 10...86_400))
        retention = .seconds(try reader.integer("move.retention.hours", default: 168, in: 0...8760) * 3600)
        dumpProgram = reader.text("move.pg.dump") ?? dumpProgram
        restoreProgram = reader.text("move.pg.restore") ?? restoreProgram
    }
}
