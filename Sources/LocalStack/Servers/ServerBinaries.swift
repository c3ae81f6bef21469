/// The programs of the two servers, as found on this machine.
package struct ServerBinaries: Sendable, Hashable {
    /// Folder with `postgres`, `initdb`, `psql` and `pg_isready`.
    package let postgresFolder: String
    /// Path of `redis-server`.
    package let redisServer: String

    private static let postgresPrograms = ["postgres", "initdb", "psql", "pg_isready"]

    /// Looks in Debian's folders (newest version first), then in PATH.
    /// - Parameters:
    ///   - path: the value of PATH.
    ///   - dataVersion: major version of an existing data folder; only this one can open it.
    ///   - debianFolder: where Debian keeps PostgreSQL's versions.
    /// - Throws: `.missingPrograms` with the command that brings them, `.wrongPostgresVersion`.
    package static func find(
        path: String, dataVersion: String?, debianFolder: String = "/usr/lib/postgresql"
    ) throws(LocalStackError) -> ServerBinaries {
        let searched = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin", "/usr/local/bin"]
        let versions = FileSystem.names(in: debianFolder)
            .filter { hasPostgres("\(debianFolder)/\($0)/bin") }
            .sorted { (Double($0) ?? 0) > (Double($1) ?? 0) }
        var postgres = versions.first.map { "\(debianFolder)/\($0)/bin" }
        if let dataVersion, !versions.isEmpty {
            guard versions.contains(dataVersion) else {
                throw .wrongPostgresVersion(data: dataVersion, found: versions)
            }
            postgres = "\(debianFolder)/\(dataVersion)/bin"
        }
        postgres = postgres ?? searched.first(where: hasPostgres)
        let redis = searched.map { "\($0)/redis-server" }.first(where: FileSystem.isExecutable)

        guard let postgres, let redis else {
            let missing = [
                (postgres == nil, "PostgreSQL", "postgresql"), (redis == nil, "redis-server", "redis-server"),
            ]
            .filter(\.0)
            throw .missingPrograms(missing.map(\.1), packages: missing.map(\.2))
        }
        return ServerBinaries(postgresFolder: postgres, redisServer: redis)
    }

    /// The path of one of PostgreSQL's programs.
    package func postgres(_ program: String) -> String { "\(postgresFolder)/\(program)" }

    private static func hasPostgres(_ folder: String) -> Bool {
        postgresPrograms.allSatisfy { FileSystem.isExecutable("\(folder)/\($0)") }
    }
}
