import Foundation
package import TestSupport

/// The program `arc`, as a person runs it.
package enum ArcCommand {
    /// Runs it to its end, in an empty folder.
    /// - Parameter environment: All of the program's environment but PATH.
    package static func run(_ arguments: [String], environment: [String: String]) async throws -> TestCommand.Outcome {
        let folder = TestCommand.temporaryFile("arc-command")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await TestCommand.outcome(
            of: [executable()] + arguments,
            environment: environment.merging(["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]) { $1 },
            in: folder)
    }

    /// The program that draws documents; it lies next to `arc`.
    package static func pdfRenderer() throws -> String {
        URL(fileURLWithPath: try executable()).deletingLastPathComponent().appendingPathComponent("arc-pdf").path
    }

    /// `arc` lies next to the test bundle; ARC_TEST_EXECUTABLE names another one.
    /// - Throws: ``TestFailure`` when it is not there.
    package static func executable() throws -> String {
        if let path = ProcessInfo.processInfo.environment["ARC_TEST_EXECUTABLE"] { return path }
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
        for path in [bundle, own] {
            let candidate = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("arc").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw TestFailure("arc is not next to the test bundle: run `swift build` first, or set ARC_TEST_EXECUTABLE")
    }
}
