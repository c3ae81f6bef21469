import Foundation
import JSONCoding
import TestSupport

@testable import MessageBusBullMQ

/// The official worker in a process of its own; see bullmq_worker.py. A test uses it from one task at a time.
final class OfficialWorker {
    private let log = TestCommand.temporaryFile("bullmq-worker.log")
    private let process: TestProcess

    /// Starts the worker and waits until it is ready.
    /// - Parameter options: The worker's options as JSON.
    init(_ test: TestQueue, _ options: String = #"{"drainDelay": 1}"#) async throws {
        let command = try PythonPeer.command(
            "bullmq_worker.py", ["\(test.port)", test.name.prefix, test.name.queue, options])
        process = TestProcess(command, output: log)
        try process.start()
        let log = self.log
        let process = self.process
        try await eventually("the official worker is ready") {
            let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            guard process.isRunning else { throw TestFailure("the official worker ended: \(text)") }
            return text.contains("ready")
        }
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: log)
    }

    /// What it has printed: an object for each attempt.
    var attempts: [JSONValue] {
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { try? JSONValue.parse(Array($0.utf8)) }
            .filter { $0["id"] != nil }
    }

    /// Kills it without warning.
    func kill() { process.kill() }
}
