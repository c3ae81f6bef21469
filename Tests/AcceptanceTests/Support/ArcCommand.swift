import Foundation
import TestSupport

/// Runs the program `arc` to its end, as a person does.
enum ArcCommand {
    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    /// - Parameter environment: All of the program's environment but PATH.
    static func run(_ arguments: [String], environment: [String: String]) async throws -> Outcome {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("arc-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = try ["out", "err"].map { name in
            let file = folder.appendingPathComponent(name)
            guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
                throw TestFailure("cannot write \(file.path)")
            }
            return file
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try executable())
        process.arguments = arguments
        process.environment = environment.merging(["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]) { $1 }
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return Outcome(
            status: process.terminationStatus, output: try String(contentsOf: files[0], encoding: .utf8),
            errors: try String(contentsOf: files[1], encoding: .utf8))
    }

    /// `arc` lies next to the test bundle; ARC_TEST_EXECUTABLE names another one.
    private static func executable() throws -> String {
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
