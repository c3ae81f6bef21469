import Configuration
import ConfigurationChecks
import Foundation
import Testing

@Suite struct EnvironmentFilesTests {
    @Test func `variables in files are found as the reader finds them`() async throws {
        try await withFolder { folder in
            try Data("# DB_HOST=no\n\nDB_HSOT = db=1\nnothing\n=x\n\tPORT=3005".utf8)
                .write(to: folder.appendingPathComponent(".env.defaults"))
            let found = EnvironmentFiles.variables(in: folder.path)
            #expect(found.map(\.file) == [".env.docker", ".env.defaults"])
            #expect(found.map(\.names) == [[], ["DB_HSOT", "PORT"]])
            let reader = try EnvironmentReader.make(folder: folder.path, environment: [:])
            #expect(reader.text("db.hsot") == "db=1" && reader.text("port") == "3005")

            let keys: ConfigurationKeys = ["DB_HOST", "PORT"]
            #expect(keys.misspellings(in: found[1].names).map(\.setting) == ["DB_HOST"])
        }
    }

    @Test func `values are everything behind the first equals sign without outer white space`() async throws {
        try await withFolder { folder in
            let content = "A = one = two \t\nB=\"quoted\" # no comment\n  # C=no\n#D=no\nE=é ü\nF==\nG=first\nG=last"
            try Data(content.utf8).write(to: folder.appendingPathComponent(".env.docker"))
            let reader = try EnvironmentReader.make(folder: folder.path, environment: [:])
            let values = ["a", "b", "c", "d", "e", "f", "g"].map { reader.text($0) }
            #expect(values == ["one = two", "\"quoted\" # no comment", nil, nil, "é ü", "=", "last"])
        }
    }

    @Test(arguments: ["\n", "\r\n"]) func `lines end as on any system`(_ end: String) async throws {
        try await withFolder { folder in
            let lines = ["# A comment", "", "DB_HOST=one", "DB_PORT=5433", ""]
            try Data(lines.joined(separator: end).utf8).write(to: folder.appendingPathComponent(".env.defaults"))
            let reader = try EnvironmentReader.make(folder: folder.path, environment: [:])
            #expect(reader.text("db.host") == "one" && reader.text("db.port") == "5433")
            #expect(EnvironmentFiles.variables(in: folder.path).last?.names == ["DB_HOST", "DB_PORT"])
        }
    }

    @Test func `a file that cannot be read is a mistake, and one that does not exist is not`() async throws {
        try await withFolder { folder in
            _ = try EnvironmentReader.make(folder: folder.path, environment: [:])
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent(".env.defaults"), withIntermediateDirectories: false)
            let failure = #expect(throws: ConfigurationFailure.self) {
                try EnvironmentReader.make(folder: folder.path, environment: [:])
            }
            #expect(failure?.key == ".env.defaults")
        }
    }
}
