import Foundation
import TestSupport

/// localstripe from PyPI, which answers as Stripe does. It knows no idempotency keys, and does not issue invoices.
package enum LocalStripePeer {
    /// Runs one on a free port for the length of the body.
    /// - Parameter body: Gets its address.
    package static func run(_ body: (_ url: String) async throws -> Void) async throws {
        let port = try TestCommand.freePort()
        let log = TestCommand.temporaryFile("localstripe.log")
        let process = try await ServerStart.run("localstripe", log: log) {
            TestProcess(try PythonPeer.command("localstripe_server.py", ["\(port)"]), output: log)
        } isReady: {
            (try? await TestHTTPClient(port: port).get("/v1/customers").status) == 401
        }
        defer {
            process.kill()
            try? FileManager.default.removeItem(at: log)
        }
        try await body("http://127.0.0.1:\(port)")
    }
}
