package import Foundation

/// Starts servers that listen on a port that was chosen before.
package enum ServerStart {
    /// Starts a server and waits until it answers. Its port was free when it was chosen, or before the server was
    /// killed; when somebody else has it for a while, the server is started again until it gets it.
    /// - Parameters:
    ///   - log: Where the server writes; made anew by `make`.
    ///   - make: Makes the process; it is not started yet.
    ///   - isReady: Whether the server answers.
    /// - Throws: ``TestFailure`` with the end of the log when the server ends for another reason or does not answer.
    package static func run(
        _ name: String, log: URL, _ make: () throws -> TestProcess, isReady: () async -> Bool
    ) async throws -> TestProcess {
        var process = try make()
        try process.start()
        do {
            try await eventually("\(name) answers") {
                if process.isRunning { return await isReady() }
                let text = String(decoding: (try? Data(contentsOf: log)) ?? Data(), as: UTF8.self)
                guard text.contains("ddress already in use") else {
                    throw TestFailure("\(name) ended: \(text.suffix(1000))")
                }
                process = try make()
                try process.start()
                return false
            }
        } catch {
            process.kill()
            throw error
        }
        return process
    }
}
