import Configuration
import ConfigurationChecks
import Foundation
import Testing

@Suite struct EnvironmentReaderTests {
    @Test func `environment variables win over files, and files over bound values`() async throws {
        try await withFolder { folder in
            try Data("A=docker\nB=docker\n".utf8).write(to: folder.appendingPathComponent(".env.docker"))
            try Data("A=defaults\nB=defaults\nC=defaults\n".utf8)
                .write(to: folder.appendingPathComponent(".env.defaults"))
            let reader = try EnvironmentReader.make(
                folder: folder.path, bound: ["A": "bound", "D": "bound"], environment: ["A": "environment"])
            #expect(reader.text("a") == "environment")
            #expect(reader.text("b") == "docker")
            #expect(reader.text("c") == "defaults")
            #expect(reader.text("d") == "bound")
            #expect(reader.text("e") == nil)
        }
    }

    @Test func `an empty environment variable counts as unset in favor of the layers below`() async throws {
        let reader = try EnvironmentReader.make(
            folder: "/nowhere", bound: ["A": "bound"], environment: ["A": "", "B": ""])
        #expect(reader.text("a") == "bound")
        #expect(reader.text("b") == nil)
    }

    @Test func `an empty variable in a file does not hide the values below`() async throws {
        try await withFolder { folder in
            try Data("A=\nB= \nC=\nD=docker\nE=first\nE=\n".utf8)
                .write(to: folder.appendingPathComponent(".env.docker"))
            try Data("A=defaults\nB=defaults\nD=\n".utf8)
                .write(to: folder.appendingPathComponent(".env.defaults"))
            let reader = try EnvironmentReader.make(
                folder: folder.path, bound: ["A": "bound", "C": "bound", "E": ""], environment: ["D": ""])
            #expect(reader.text("a") == "defaults")
            #expect(reader.text("b") == "defaults")
            #expect(reader.text("c") == "bound")
            #expect(reader.text("d") == "docker")
            #expect(reader.text("e") == nil, "the last line of a name counts")
            let sources = try EnvironmentReader.sources(folder: folder.path, environment: ["A": ""])
            let keys = ConfigurationKeys("all", [Setting.optionalText("A", "What it is")])
            #expect(EffectiveSetting.all(of: keys, in: sources).map(\.source) == [".env.defaults"])
        }
    }

    @Test func `a mounted secret wins over a default in a file`() async throws {
        try await withFolder { folder in
            try Data("hush\n".utf8).write(to: folder.appendingPathComponent("secret"))
            try Data("JWT_SECRET=well-known\n".utf8).write(to: folder.appendingPathComponent(".env.defaults"))
            let reader = try EnvironmentReader.make(
                folder: folder.path,
                environment: ["JWT_SECRET_FILE": folder.appendingPathComponent("secret").path])
            #expect(try reader.secret("jwt.secret") == "hush")
        }
    }
}

/// Runs the body with a temporary folder.
func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("arc-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
}
