import Logging
import Primitives
import TraceRecording

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Runs a configured program: the event's JSON on standard input, `ARC_…` variables in its environment.
///
/// Exit code 0 is success; standard output may say what was made or removed (``ExecResult``). The program must be repeatable:
/// it is run again when this process died before it noted the outcome. Of this process' environment it gets only what programs
/// generally need; passwords and keys of the orchestrator stay out.
struct ExecProvisioner: Provisioner {
    /// Name in the tiers file.
    static let name = "exec"

    /// The program, by absolute path, and its arguments.
    let arguments: [String]
    /// Variables from the tiers file.
    let environment: [String: String]
    let workingDirectory: String?
    let timeLimit: Duration
    let logger: Logger
    /// Removes what a tenant has; nil if tenants of this tier cannot be removed.
    var deprovisionArguments: [String]?
    /// Undoes a provisioning that was given up; nil to leave what it has made.
    var compensateArguments: [String]?
    /// Writes the data of a tenant to standard output; nil if the data cannot be exported.
    var exportArguments: [String]?

    func plan(_ kind: WorkflowKind) throws(ProvisioningFailure) -> WorkflowPlan {
        switch kind {
        case .provision:
            return try WorkflowPlan(
                kind,
                [CommandStep(name: "run-command", exec: self, arguments: arguments, undoing: compensateArguments)])
        case .deprovision:
            guard let deprovisionArguments else {
                throw .permanent(#"the tier has no "deprovisionCommand" that removes a tenant"#)
            }
            return try WorkflowPlan(
                kind,
                [
                    CommandStep(
                        name: "run-deprovision-command", exec: self, arguments: deprovisionArguments, undoing: nil)
                ])
        case .move: throw .unsupported(kind, by: Self.name)
        }
    }

    /// Runs a program.
    /// - Parameter action: `perform` or `compensate`, for the program's environment.
    fileprivate func run(
        _ arguments: [String], _ event: ProvisioningEvent, action: String
    ) async throws(ProvisioningFailure) -> ExecResult {
        var variables = Self.variables(for: event)
        variables["ARC_ACTION"] = action
        variables.merge(Self.traceVariables(event.trace)) { $1 }
        let result = try await run(arguments, variables, input: event.json)
        if result.end != .exited(code: 0) {
            log(result, hiding: event.secret, Self.metadata(event))
            throw Self.failure(result.end, timeLimit: timeLimit)
        }
        let said = try ExecResult(output: result.output)
        if said.ignoredOutput {
            logger.warning("the command's output is no JSON object and is ignored", metadata: Self.metadata(event))
        }
        return said
    }

    /// Runs the program that writes the data of a tenant.
    /// - Parameter channel: Takes the data.
    func export(_ request: DataExportRequest, into channel: OutputChannel) async throws(ProvisioningFailure) {
        guard let exportArguments else {
            channel.finish()
            throw .permanent(#"the tier has no "exportCommand""#)
        }
        let variables = request.variables.merging(Self.traceVariables(request.trace)) { $1 }
        let result = try await run(exportArguments, variables, input: request.json, output: channel)
        guard result.end != .exited(code: 0) else { return }
        // A canceled one has not failed: this service stops, or tenant management does not take the data any more.
        if result.end != .cancelled {
            log(
                result, hiding: request.secret,
                ["exportId": "\(request.export)", "tenantId": "\(request.tenantID)"])
        }
        throw Self.failure(result.end, timeLimit: timeLimit)
    }

    /// Runs a program to its end.
    /// - Parameters:
    ///   - variables: What describes the event; they replace others with the same name.
    ///   - output: Takes standard output; nil to collect it.
    private func run(
        _ arguments: [String], _ variables: [String: String], input: [UInt8], output: OutputChannel? = nil
    ) async throws(ProvisioningFailure) -> CommandResult {
        var command = Command(
            arguments: arguments,
            environment: Self.inherited().merging(environment) { $1 }.merging(variables) { $1 },
            workingDirectory: workingDirectory, input: input, timeLimit: timeLimit)
        command.outputChannel = output
        do { return try await CommandRunner.run(command) } catch {
            throw .transient("the command could not be started: \(String(cString: strerror(error.code)))")
        }
    }

    /// The variables that describe the event. The secret is not among them, because others can read an environment.
    static func variables(for event: ProvisioningEvent) -> [String: String] {
        [
            "ARC_EVENT_TYPE": event.kind.eventType, "ARC_EVENT_ID": event.eventID.description,
            "ARC_TENANT_ID": event.tenantID.description, "ARC_TENANT_KEY": event.tenantKey, "ARC_TIER": event.tier,
            "ARC_CONTEXT": event.context,
        ]
    }

    /// Where the program is in its trace, in the variables that OpenTelemetry's tools for the command line read.
    private static func traceVariables(_ stored: TraceContext?) -> [String: String] {
        var variables: [String: String] = [:]
        let trace = CurrentSpan.traceContext ?? stored
        variables["TRACEPARENT"] = trace?.traceparent
        variables["TRACESTATE"] = trace?.state
        return variables
    }

    private static func inherited() -> [String: String] {
        var variables: [String: String] = [:]
        let names = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"]
        for name in names {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }

    private static func failure(_ end: CommandResult.End, timeLimit: Duration) -> ProvisioningFailure {
        switch end {
        // EX_TEMPFAIL of sysexits.h: what the command depends on is away.
        case .exited(75): .unavailable("the command ended with exit code 75")
        case .exited(let code): .transient("the command ended with exit code \(code)")
        case .killed(let signal): .transient("the command was ended by signal \(signal)")
        case .timedOut: .transient("the command was ended after \(timeLimit.components.seconds) s")
        case .cancelled: .transient("the command was ended because the service stops")
        case .tooMuchOutput: .permanent("the command was ended because it wrote too much to standard output")
        }
    }

    /// Logs the last lines that a failed program wrote to standard error.
    private func log(_ result: CommandResult, hiding secret: String, _ metadata: Logger.Metadata) {
        var metadata = metadata
        let text = String(decoding: result.errorTail, as: UTF8.self).replacing(secret, with: "***")
        let lines = text.split(separator: "\n").suffix(20)
        metadata["stderr"] = .array(lines.map { .string(String($0)) })
        logger.error("the command failed", metadata: metadata)
    }

    private static func metadata(_ event: ProvisioningEvent) -> Logger.Metadata {
        ["event": "\(event.eventID)", "tenantId": "\(event.tenantID)", "tier": "\(event.tier)"]
    }
}

/// Runs a program of a tiers file.
private struct CommandStep: ProvisioningStep, PreviewableStep {
    let name: String
    let exec: ExecProvisioner
    let arguments: [String]
    /// The program that undoes it.
    let undoing: [String]?

    /// Longer than the program has, and than it takes to end it.
    var timeout: Duration { exec.timeLimit + .seconds(30) }

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let said = try await exec.run(arguments, context.event, action: "perform")
        return StepOutput(resources: said.resources, appPlaneURL: said.appPlaneURL)
    }

    func compensate(_ context: StepContext) async throws(ProvisioningFailure) {
        guard let undoing else { return }
        _ = try await exec.run(undoing, context.event, action: "compensate")
    }

    /// Values of variables, which may be secrets, are not shown.
    func preview(_ context: inout PreviewContext) async throws(ProvisioningFailure) -> [StepPreview] {
        let variables = exec.environment.merging(ExecProvisioner.variables(for: context.event)) { $1 }
        let names = (Array(variables.keys) + ["ARC_ACTION"]).sorted()
        return [
            StepPreview(
                step: name,
                text: """
                    run \(arguments.joined(separator: " ")) for at most \(exec.timeLimit.components.seconds) s, with the event on \
                    standard input and the variables \(names.joined(separator: ", "))
                    """, isChange: true)
        ]
    }
}
