import LocalStack
import Testing

@Suite struct ServerBinariesTests {
    private func machine(postgres versions: [String]) throws -> TestFolder {
        let folder = try TestFolder()
        for version in versions {
            try FileSystem.makeFolder("\(folder.path)/\(version)/bin", mode: 0o755)
            for program in ["postgres", "initdb", "psql", "pg_isready"] {
                try FileSystem.replace("\(folder.path)/\(version)/bin/\(program)", with: "", mode: 0o755)
            }
        }
        try FileSystem.makeFolder("\(folder.path)/path", mode: 0o755)
        try FileSystem.replace("\(folder.path)/path/redis-server", with: "", mode: 0o755)
        return folder
    }

    @Test func `the newest version is taken, by number`() throws {
        let folder = try machine(postgres: ["9.6", "15", "13"])
        let found = try ServerBinaries.find(path: "\(folder.path)/path", dataVersion: nil, debianFolder: folder.path)
        #expect(found.postgres("psql") == "\(folder.path)/15/bin/psql")
        #expect(found.redisServer == "\(folder.path)/path/redis-server")
    }

    @Test func `existing data is opened by its own version`() throws {
        let folder = try machine(postgres: ["15", "13"])
        let found = try ServerBinaries.find(path: "\(folder.path)/path", dataVersion: "13", debianFolder: folder.path)
        #expect(found.postgresFolder == "\(folder.path)/13/bin")
    }

    @Test func `data of a version that is gone is an error`() throws {
        let folder = try machine(postgres: ["15"])
        #expect(throws: LocalStackError.wrongPostgresVersion(data: "14", found: ["15"])) {
            try ServerBinaries.find(path: "\(folder.path)/path", dataVersion: "14", debianFolder: folder.path)
        }
    }

    @Test func `what is missing is named with the command that brings it`() {
        let error = LocalStackError.missingPrograms(
            ["PostgreSQL", "redis-server"], packages: ["postgresql", "redis-server"])
        #expect(error.description.contains("apt-get install --no-install-recommends postgresql redis-server"))
    }
}
