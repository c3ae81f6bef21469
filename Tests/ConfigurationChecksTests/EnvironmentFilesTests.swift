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
            let reader = try await EnvironmentReader.make(folder: folder.path, environment: [:])
            #expect(reader.text("db.hsot") == "db=1" && reader.text("port") == "3005")

            let keys: ConfigurationKeys = ["DB_HOST", "PORT"]
            #expect(keys.misspellings(in: found[1].names).map(\.setting) == ["DB_HOST"])
        }
    }
}
