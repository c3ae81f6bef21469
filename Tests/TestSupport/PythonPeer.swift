package import Foundation

/// Programs of other projects that tests talk to: `make test` installs them (scripts/install-peers.sh) and sets ARC_TEST_PEERS
/// to their virtual environment. The scripts that drive them are in Tests/Fixtures/peers.
package enum PythonPeer {
    /// The folder with the scripts.
    package static let scripts = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures/peers")

    /// The arguments that run a script with the installed packages.
    /// - Parameter script: A name in the folder of scripts, such as `bullmq_worker.py`.
    /// - Throws: ``TestFailure`` when the environment names no peers.
    package static func command(_ script: String, _ arguments: [String] = []) throws -> [String] {
        // -u: what a script prints can be read at once.
        [try program("python"), "-u", scripts.appendingPathComponent(script).path] + arguments
    }

    /// The path of an installed program, such as `moto_server`.
    /// - Throws: ``TestFailure`` when the environment names no peers.
    package static func program(_ name: String) throws -> String {
        "\(try testVariable("ARC_TEST_PEERS"))/bin/\(name)"
    }

    /// Runs a script that has to succeed.
    /// - Returns: What it printed, without white space around it.
    /// - Throws: ``TestFailure`` with all that it wrote, unless it exits with 0.
    package static func run(_ script: String, _ arguments: [String] = []) async throws -> String {
        try await TestCommand.run(try command(script, arguments))
    }
}
