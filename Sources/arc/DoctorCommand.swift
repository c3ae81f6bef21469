import ArgumentParser
import JSONCoding
import LocalStack

/// `arc doctor`: checks everything that a service depends on and suggests fixes.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check configuration, connections, migrations, clocks, invoices and more, and suggest fixes.",
        discussion: """
            While `arc up` is running, checks all services of the stack. With --service, checks the environment of this
            process as `arc serve` would read it: run it in the container of a service that does not start.
            Exit status: 0 no problems (there may be warnings), 1 problems.
            `arc doctor authorize` explains what a service decides about a token and an operation.
            """,
        subcommands: [Authorize.self])

    @Option(help: "Check one service, using the environment of this process.")
    var service: ServiceName?

    @Option(help: "Seconds that each check may take, 1 to 600. They run at the same time.")
    var timeout = 15

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func validate() throws {
        guard (1...600).contains(timeout) else { throw ValidationError("--timeout must be from 1 to 600 seconds.") }
    }

    func run() async throws {
        CommandSupport.bootstrapQuietLogging()
        let examinations = try examinations()
        let limit = Duration.seconds(timeout)
        let services = await withTaskGroup(of: (Int, [Finding]).self) { group in
            for (index, examination) in examinations.enumerated() {
                group.addTask { (index, await examination.run(timeout: limit)) }
            }
            return await group.reduce(into: [Int: [Finding]]()) { $0[$1.0] = $1.1 }
        }
        let report = DoctorReport(
            services: examinations.enumerated().map { ($1.service.rawValue, services[$0] ?? []) })
        CommandSupport.printLine(
            json ? String(decoding: report.jsonBytes(), as: UTF8.self) : report.text)
        if report.problems > 0 { throw ExitCode.failure }
    }

    private func examinations() throws -> [Examination] {
        if let service {
            return [Examination(service: service, environment: CommandSupport.environment, migration: nil)]
        }
        guard let stack = try CommandSupport.stack(for: "arc doctor") else {
            throw CommandSupport.fail(
                "arc doctor: there is no stack of `arc up` in ARC_HOME. Start one with `arc up`, or use --service to check the environment of this process."
            )
        }
        return try ServiceName.allCases.map { name in
            Examination(
                service: name, environment: try stack.environment.variables(for: name.stackService),
                migration: stack.environment.migrationVariables(for: name.stackService.database))
        }
    }
}
