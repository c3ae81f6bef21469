private import Synchronization

extension ProcessCommand {
    /// What a program that was run to its end left behind.
    package struct Outcome: Sendable {
        /// How it ended.
        package let exit: ProcessExit
        /// Its standard output, lines joined by newlines.
        package let output: String
        /// Its standard error, lines joined by newlines.
        package let errors: String
    }

    /// Runs the program to its end and collects its output (up to 1 MiB a stream; the rest is dropped).
    /// A canceled caller kills it.
    package func run() async throws(LocalStackError) -> Outcome {
        let collected = CollectedOutput()
        let child = try await ProcessReactor.shared.spawn(self) { stream, line in collected.append(stream, line) }
        let exit = await withTaskCancellationHandler {
            await child.waitUntilExit()
        } onCancel: {
            child.send(.kill)
        }
        return Outcome(exit: exit, output: collected.text(.standardOutput), errors: collected.text(.standardError))
    }
}

/// Collects lines from the reactor's thread.
private final class CollectedOutput: Sendable {
    private static let limit = 1 << 20
    private let bytes = Mutex<[ProcessOutput: [UInt8]]>([:])

    func append(_ output: ProcessOutput, _ line: ArraySlice<UInt8>) {
        bytes.withLock { bytes in
            guard bytes[output, default: []].count + line.count < Self.limit else { return }
            if bytes[output] != nil { bytes[output]?.append(UInt8(ascii: "\n")) }
            bytes[output, default: []].append(contentsOf: line)
        }
    }

    func text(_ output: ProcessOutput) -> String {
        String(decoding: bytes.withLock { $0[output] ?? [] }, as: UTF8.self)
    }
}
