import Configuration
import ConfigurationChecks
import Primitives

/// Settings of moves.
struct MoveSettings: Sendable {
    private enum Settings {
        static let window = Setting.duration(
            "MOVE_WINDOW_SECONDS", default: 1800, in: 10...86_400,
            "Longest time for which a move may keep a tenant from writing; then the move is undone")
        static let retention = Setting.duration(
            "MOVE_RETENTION_HOURS", default: 168, in: 0...8760,
            "How long the old copy of a moved tenant is kept unless the move is confirmed")
        static let dump = program("MOVE_PG_DUMP", "pg_dump")
        static let restore = program("MOVE_PG_RESTORE", "pg_restore")

        private static func program(_ name: String, _ program: String) -> Setting<String> {
            .text(
                name, default: program, values: "name or path of a program",
                "PostgreSQL's program, of at least the servers' version (Debian's package `postgresql-client`)")
        }
    }

    static let configurationKeys = ConfigurationKeys(
        "moves", [Settings.window, Settings.retention, Settings.dump, Settings.restore])

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
        window = try reader.value(Settings.window)
        retention = try reader.value(Settings.retention)
        dumpProgram = try reader.value(Settings.dump)
        restoreProgram = try reader.value(Settings.restore)
    }
}
