import Configuration
import FoundationEssentials
import Primitives
import Testing

@testable import ServiceKit

@Suite("Configuration")
struct EnvironmentReaderTests {
    private func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/arc-test-\(SecureRandom.hex(bytes: 8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func theOrderIsEnvironmentThenFilesThenBoundValues() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("A=docker\nB=docker\n".utf8).write(to: URL(fileURLWithPath: folder + "/.env.docker"))
        try Data("A=defaults\nB=defaults\nC=defaults\n".utf8).write(to: URL(fileURLWithPath: folder + "/.env.defaults"))
        let reader = try await EnvironmentReader.make(
            folder: folder, bound: ["A": "bound", "D": "bound"], environment: ["A": "environment"])
        #expect(reader.text("a") == "environment")
        #expect(reader.text("b") == "docker")
        #expect(reader.text("c") == "defaults")
        #expect(reader.text("d") == "bound")
        #expect(reader.text("e") == nil)
    }

    @Test func secretsComeFromFilesUnlessTheyAreSet() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("hush\n".utf8).write(to: URL(fileURLWithPath: folder + "/secret"))
        let reader = try await EnvironmentReader.make(
            folder: folder,
            environment: [
                "JWT_SECRET_FILE": folder + "/secret", "DB_PASSWORD_FILE": folder + "/secret", "DB_PASSWORD": "own",
            ])
        #expect(reader.text("jwt.secret") == "hush")
        #expect(reader.text("db.password") == "own")
        await #expect(throws: ConfigurationFailure.self) {
            _ = try await EnvironmentReader.make(folder: folder, environment: ["JWT_SECRET_FILE": folder + "/missing"])
        }
    }

    @Test func failuresNameTheVariableAndTheRange() async throws {
        let reader = try await EnvironmentReader.make(
            folder: "/nowhere", environment: ["PORT": "99999", "ACCESS_LOG": "maybe"])
        let failure = #expect(throws: ConfigurationFailure.self) {
            try reader.integer("port", default: 1, in: 0...65_535)
        }
        #expect(failure?.description == "PORT is \"99999\", but must be an integer from 0 to 65535")
        #expect(throws: ConfigurationFailure.self) { try reader.flag("access.log", default: true) }
    }
}
