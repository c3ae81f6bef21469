import Foundation
import Synchronization

/// The server of moto, with a check of signatures in front: SQS, EventBridge and STS for all tests of the process, which use names
/// of their own. The secret of an access key is `secret-of-` and the key.
package enum AWSTestServer {
    private static let process = Mutex<Int32?>(nil)

    private static let server = Task { () async throws -> Int in
        let port = try TestCommand.freePort()
        let log = TestCommand.temporaryFile("aws-server.log")
        let started = try await ServerStart.run("moto", log: log) {
            TestProcess(try PythonPeer.command("aws_server.py", ["\(port)"]), output: log)
        } isReady: {
            (try? String(contentsOf: log, encoding: .utf8))?.contains("ready") == true
        }
        process.withLock { $0 = started.processIdentifier }
        atexit {
            if let pid = AWSTestServer.process.withLock({ $0 }) { kill(pid, SIGKILL) }
        }
        try? FileManager.default.removeItem(at: log)
        return port
    }

    /// The port of 127.0.0.1 on which it listens; it is started by the first call.
    /// - Throws: ``TestFailure`` when it does not start.
    package static func port() async throws -> Int { try await server.value }

    /// Calls operations with boto3.
    /// - Parameter calls: A JSON array of arrays with the name of a service, of a method and its arguments.
    /// - Returns: A JSON array of their results.
    package static func boto(_ calls: String) async throws -> String {
        let file = TestCommand.temporaryFile("calls.json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(calls.utf8).write(to: file)
        return try await PythonPeer.run("aws_boto.py", ["http://127.0.0.1:\(try await port())", file.path])
    }
}
