import Foundation
import JSONCoding
import TestSupport
import Testing

/// The image of the services, as far as it can be checked without building it.
@Suite(.timeLimit(.minutes(20))) struct ImageTests {
    private static let resolved = """
        {"originHash": "x", "pins": [
          {"identity": "swift-nio", "kind": "remoteSourceControl", "location": "https://github.com/apple/swift-nio.git",
           "state": {"revision": "b3f1", "version": "2.101.2"}},
          {"identity": "branchy", "kind": "remoteSourceControl", "location": "git@github.com:someone/Branchy.git",
           "state": {"branch": "main", "revision": "c0de"}}
        ], "version": 3}
        """
    private static let packages = """
        Package: zlib1g
        Status: install ok installed
        Architecture: amd64
        Version: 1:1.2.13.dfsg-1

        Package: removed
        Status: deinstall ok config-files
        Architecture: amd64
        Version: 1

        """

    /// Runs the script on files with these contents.
    private func list(
        resolved: String = resolved, packages: String = packages, environment: [String: String] = [:]
    ) async throws -> TestCommand.Outcome {
        let folder = TestCommand.temporaryFile("parts")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(resolved.utf8).write(to: folder.appendingPathComponent("Package.resolved"))
        try Data(packages.utf8).write(to: folder.appendingPathComponent("status"))
        let script = ComposeFile.deploy.appendingPathComponent("sbom.py").path
        return try await TestCommand.outcome(
            of: ["python3", script, "--resolved", "Package.resolved", "--dpkg", "status", "--version", "1.0"],
            environment: environment.merging(["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]) { $1 },
            in: folder)
    }

    @Test func `the list of parts has every package with its version, and is the same for the same input`() async throws
    {
        let outcome = try await list()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let document = try JSONValue.parse(Array(outcome.output.utf8))
        #expect(document["bomFormat"] == "CycloneDX" && document["specVersion"] == "1.5")
        #expect(document["metadata"]?["timestamp"] == "1970-01-01T00:00:00Z")
        let addresses = (document["components"]?.arrayValue ?? []).compactMap { $0["purl"]?.stringValue }
        #expect(
            addresses == [
                "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64",
                "pkg:swift/github.com/someone/Branchy@c0de", "pkg:swift/github.com/apple/swift-nio@2.101.2",
            ])
        #expect(document["dependencies"]?.arrayValue?.first?["dependsOn"]?.arrayValue?.count == 3)
        #expect(try await list().output == outcome.output)

        let later = try await list(environment: ["SOURCE_DATE_EPOCH": "86400"])
        #expect(later.output.contains("1970-01-02T00:00:00Z"))
        let other = try await list(packages: Self.packages.replacing("1.2.13", with: "1.2.14"))
        #expect(try JSONValue.parse(Array(other.output.utf8))["serialNumber"] != document["serialNumber"])
    }

    @Test func `a Package.resolved of an unknown version is refused`() async throws {
        let outcome = try await list(resolved: #"{"pins": [], "version": 9}"#)
        #expect(outcome.status == 1 && outcome.errors.contains("has the version 9"))
    }

    @Test func `the image runs as another user than root, and its stages can be replaced`() throws {
        let file = try ComposeFile.text("deploy/Dockerfile")
        let stages = file.matches(of: /(?m)^FROM (\S+) AS (\S+)$/).map { "\($0.2) from \($0.1)" }
        #expect(
            stages == [
                "runtime-base from ${RUNTIME_BASE}", "toolchain from ${SWIFT_IMAGE}", "development from toolchain",
                "builder from toolchain", "binaries from ${BINARIES}", "runtime from runtime-base",
            ])
        #expect(file.contains("\nUSER 10001:10001\n") && file.contains("\nENTRYPOINT [\"arc\"]\n"))
        #expect(file.split(separator: "\nUSER ").count == 2)
        // What the compose files build.
        for name in ["docker-compose.yml", "docker-compose.dev.yml"] {
            for match in try ComposeFile.text("deploy/\(name)").matches(of: /target: ([a-z-]+)/) {
                #expect(file.contains(" AS \(match.1)\n"), "\(name)")
            }
        }
        let ignored = try ComposeFile.text(".dockerignore").split(separator: "\n").map(String.init)
        for path in [".git", "deploy/secrets", "deploy/.env", "deploy/settings", ".arc"] {
            #expect(ignored.contains(path), "\(path) would get into the image")
        }
    }
}
