#if !LIBFUZZER
import Foundation
import ParserFuzzing

/// Runs a worker for each target, one after the other, and keeps what they find.
struct FuzzerSupervisor {
    /// A worker that tries one input for longer has found one that takes too long.
    private static let patience = Duration.seconds(60)
    private static let minimizingAttempts = 300

    private let options: FuzzerOptions
    private let folder: URL

    init(_ options: FuzzerOptions) throws {
        self.options = options
        folder = URL(fileURLWithPath: options.crashes)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// - Returns: Whether nothing was found.
    func run(_ targets: [FuzzTarget]) async throws -> Bool {
        FuzzerCommand.write("seed \(options.seed), \(options.seconds) s for each of \(targets.count) targets")
        var found: [FuzzTarget] = []
        for target in targets {
            let isClean = try await run(target)
            if !isClean { found.append(target) }
        }
        guard !found.isEmpty else { return true }
        FuzzerCommand.write("found something in: \(found.map(\.name).joined(separator: " "))")
        return false
    }

    private func run(_ target: FuzzTarget) async throws -> Bool {
        let slot = folder.appendingPathComponent("input-\(ProcessInfo.processInfo.processIdentifier)").path
        defer { try? FileManager.default.removeItem(atPath: slot) }
        let process = try start([
            "--target", target.name, "--worker", slot, "--seconds", "\(options.seconds)", "--seed", "\(options.seed)",
            "--corpus", options.corpus.folder.path,
        ])
        var last: (number: Int64, since: ContinuousClock.Instant) = (-1, .now)
        var hangs = false
        while process.isRunning {
            try await Task.sleep(for: .milliseconds(50))
            let number = InputSlot.read(path: slot).number
            if number != last.number { last = (number, .now) }
            if ContinuousClock.now - last.since > Self.patience {
                hangs = true
                kill(process.processIdentifier, SIGKILL)
            }
        }
        process.waitUntilExit()
        guard hangs || process.terminationStatus != 0 || process.terminationReason != .exit else { return true }
        if process.terminationReason == .exit, process.terminationStatus == 2 {
            throw FuzzerOptions.Mistake(description: "the worker for \(target.name) could not start")
        }
        try await keep(InputSlot.read(path: slot).input, of: target, hangs ? "takes too long" : "fails")
        return false
    }

    private func keep(_ input: [UInt8], of target: FuzzTarget, _ what: String) async throws {
        let path = folder.appendingPathComponent("\(target.name)-seed-\(options.seed)")
        try Data(input).write(to: path)
        FuzzerCommand.write("\(target.name): an input \(what); seed \(options.seed), kept in \(path.path)")
        guard what == "fails" else { return }
        let candidate = folder.appendingPathComponent("candidate")
        defer { try? FileManager.default.removeItem(at: candidate) }
        let smaller = await FuzzMinimizer.minimize(input, limit: Self.minimizingAttempts) { bytes in
            guard (try? Data(bytes).write(to: candidate)) != nil else { return false }
            return fails(target, candidate.path)
        }
        let small = folder.appendingPathComponent("\(target.name)-seed-\(options.seed)-minimized")
        try Data(smaller).write(to: small)
        FuzzerCommand.write("\(target.name): \(smaller.count) bytes of it are enough, kept in \(small.path)")
        FuzzerCommand.write("try it again: parser-fuzzer --target \(target.name) --replay \(small.path)")
    }

    private func fails(_ target: FuzzTarget, _ path: String) -> Bool {
        guard let process = try? start(["--target", target.name, "--replay", path], quietly: true) else { return false }
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal || process.terminationStatus == FuzzerWorker.violation
    }

    /// Not a `TestProcess`, which writes into files: a worker shows what it finds on the terminal, and few descriptors are open here.
    private func start(_ arguments: [String], quietly: Bool = false) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        // The input is what matters; a backtrace of each attempt would take seconds.
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        if quietly {
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
        }
        try process.run()
        return process
    }
}
#endif
