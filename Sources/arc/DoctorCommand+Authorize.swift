import ArgumentParser
import Configuration
import ConfigurationChecks
import Glibc
import JSONCoding
import LocalStack
import Logging
import ServiceKit
import ServicePlatform

extension DoctorCommand {
    /// `arc doctor authorize`.
    struct Authorize: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Explain, step by step, whether a token may use an operation, and why not.",
            discussion: """
                  arc doctor authorize GET /tenants/<id> < token.txt
                  arc doctor authorize --token-file token.txt --service subscription POST /subscriptions
                  arc token --role Support | arc doctor authorize DELETE /tenants/<id>
                The token is read from standard input, from --token-file, or from --token, which leaves it in the history of the
                shell and in the list of processes. It is never printed, and nothing is requested from a running service: the
                command reads the settings, keys, roles and the database of the service, and decides as it does.

                Uses the stack that `arc up` runs; with --service, the environment of this process, as `arc serve` reads it. --json prints
                the steps as JSON.
                Exit status: 0 allowed, 1 refused, 2 it could not be found out.
                """)

        @ParentCommand var doctor: DoctorCommand

        @Option(help: "The token, or an API key. Better: standard input or --token-file.")
        var token: String?

        @Option(help: "A file with the token; `-` is standard input.")
        var tokenFile: String?

        @Flag(help: "The request has no token.")
        var anonymous = false

        @Argument(help: "The method, such as GET.")
        var method: String

        @Argument(help: "The path, such as /tenants/<id>.")
        var path: String

        func validate() throws {
            guard [token != nil, tokenFile != nil, anonymous].count(where: { $0 }) <= 1 else {
                throw ValidationError("Specify one of --token, --token-file and --anonymous.")
            }
            guard !method.isEmpty, method.utf8.allSatisfy({ (0x41...0x5A).contains($0 & ~0x20) }) else {
                throw ValidationError("The method must be a word such as GET.")
            }
            guard path.hasPrefix("/") else { throw ValidationError("The path must begin with a slash.") }
        }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            let explanation: AuthorizationExplanation
            do {
                let token = anonymous ? nil : try TokenInput.read(token: token, file: tokenFile)
                explanation = try await explain(token: token)
            } catch let exit as ExitCode {
                throw exit
            } catch {
                CommandSupport.printError("arc doctor authorize: \(error)")
                throw ExitCode(2)
            }
            // `--service` and `--json` are options of `arc doctor`, wherever they are.
            if doctor.json {
                CommandSupport.printLine(String(decoding: explanation.jsonBytes(), as: UTF8.self))
            } else {
                report(explanation)
            }
            if !explanation.isAllowed { throw ExitCode.failure }
        }

        private func explain(token: String?) async throws -> AuthorizationExplanation {
            let service = doctor.service ?? .tenantManagement
            let logger = Logger(label: "arc.doctor")
            let reader: ConfigReader
            if doctor.service != nil {
                reader = try EnvironmentReader.make(environment: CommandSupport.environment)
            } else if let stack = try CommandSupport.stack(for: "arc doctor authorize") {
                reader = try EnvironmentReader.make(
                    environment: try stack.environment.variables(for: service.stackService))
            } else {
                throw CommandFailure(
                    description:
                        "there is no stack of `arc up` in ARC_HOME. Start one, or use --service with the environment of a service."
                )
            }
            return try await service.explainAuthorization(
                of: method, path, token: token, reader: reader, logger: logger)
        }

        private func report(_ explanation: AuthorizationExplanation) {
            for step in explanation.steps {
                let mark =
                    switch step.outcome {
                    case .passed: "ok  "
                    case .refused: "FAIL"
                    case .note: "    "
                    }
                CommandSupport.printLine("  \(mark)  \(step.name): \(step.text)")
            }
            let subject = explanation.operation ?? "\(method.uppercased()) \(path)"
            if let status = explanation.status {
                CommandSupport.printLine("refused: \(subject) returns \(status)")
            } else {
                CommandSupport.printLine("allowed: \(subject) is carried out, if the rest of the request is right")
            }
        }
    }
}

/// Where a command gets a token from.
enum TokenInput {
    /// Longest text that is read.
    private static let limit = 64 * 1024

    /// - Parameters:
    ///   - token: From the command line.
    ///   - file: A path, or `-`; nil: standard input, if there is no token.
    /// - Throws: ``CommandFailure`` without the text.
    static func read(token: String?, file: String?) throws(CommandFailure) -> String {
        if let token { return try trimmed(token) }
        let path = file == "-" ? nil : file
        guard let bytes = bytes(of: path) else {
            throw CommandFailure(description: "the token cannot be read from \(path ?? "standard input")")
        }
        guard bytes.count <= limit else { throw CommandFailure(description: "the token is longer than 64 KiB") }
        return try trimmed(String(decoding: bytes, as: UTF8.self))
    }

    /// What a file or standard input contains, up to a little more than the limit. Either may be a pipe, whose end is not
    /// known before its writer has finished; `Data(contentsOf:)` refuses pipes that have nothing to read yet.
    private static func bytes(of path: String?) -> [UInt8]? {
        let descriptor = path.map { open($0, O_RDONLY | O_CLOEXEC) } ?? STDIN_FILENO
        guard descriptor >= 0 else { return nil }
        defer { if path != nil { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }

    private static func trimmed(_ text: String) throws(CommandFailure) -> String {
        var token = text[...]
        while let first = token.unicodeScalars.first, isSpace(first) { token = token.dropFirst() }
        while let last = token.unicodeScalars.last, isSpace(last) { token = token.dropLast() }
        if token.lowercased().hasPrefix("bearer ") { token = token.dropFirst(7) }
        guard !token.isEmpty else {
            throw CommandFailure(description: "there is no token; use --anonymous for a request without one")
        }
        return String(token)
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.value <= 0x20 }
}
