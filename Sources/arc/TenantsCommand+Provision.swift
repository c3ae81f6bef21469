import ArgumentParser
import JSONCoding
import Logging
import Orchestrator
import Primitives

extension TenantsCommand {
    /// `arc tenants provision --dry-run`.
    struct Provision: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Explain what provisioning a tenant would do.",
            discussion: """
                Prints the steps of the tier's provisioner, with what each would create on which data server, and changes
                nothing. Use it after a change of TIERS_FILE or DATA_SERVERS_FILE. To provision a tenant, call
                POST /tenants/{id}/provision.

                Reads the settings of the orchestrator: those of this process, or of the stack that `arc up` runs. Exits with
                status 1 when the tenant could not be provisioned.
                """)

        @Flag(help: "Required: only explain.")
        var dryRun = false
        @Option(help: "The tier of the plan.")
        var tier: String
        @Option(help: "The size of the plan.")
        var size: String?
        @Option(help: "The region of the plan (sizeConfig.region).")
        var region: String?
        @Option(help: "The tenant's key.")
        var key: String
        @Option(help: "The tenant's id, if it exists (default: a new tenant).")
        var tenant: String?
        @Flag(help: "Print one JSON document.")
        var json = false

        func validate() throws {
            guard dryRun else {
                throw ValidationError(
                    "--dry-run is required: this command only explains. POST /tenants/{id}/provision provisions a tenant."
                )
            }
            guard tenant.map({ Identifier($0) != nil }) ?? true else {
                throw ValidationError("--tenant must be a UUID.")
            }
        }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            let dryRun: ProvisioningDryRun
            do {
                dryRun = try ProvisioningDryRun(
                    reader: try TenantsCommand.orchestratorSettings(for: "arc tenants"),
                    logger: Logger(label: "arc.tenants"))
            } catch let exit as ExitCode {
                throw exit
            } catch {
                throw CommandSupport.fail("arc tenants: \(error)")
            }
            let id = tenant.flatMap { Identifier($0) } ?? .v4()
            let report = await dryRun.report(.init(tier: tier, size: size, region: region, key: key, tenant: id))
            await dryRun.shutdown()
            if json { show(document: report) } else { show(lines: report) }
            if report.problem != nil { throw ExitCode.failure }
        }

        private func show(lines report: ProvisioningDryRun.Report) {
            CommandSupport.printLine("provisioner: \(report.provisioner)")
            for step in report.steps {
                CommandSupport.printLine("  \(step.isChange ? "+" : "=") \(step.step): \(step.text)")
            }
            if let problem = report.problem { CommandSupport.printLine("  ! \(problem)") }
            CommandSupport.printLine("Nothing was changed.")
        }

        private func show(document report: ProvisioningDryRun.Report) {
            let steps = report.steps.map { step in
                JSONValue.object([
                    "step": .string(step.step), "text": .string(step.text), "isChange": .bool(step.isChange),
                ])
            }
            let document: JSONValue = [
                "provisioner": .string(report.provisioner), "steps": .array(steps),
                "problem": report.problem.map { JSONValue.string($0) } ?? .null,
            ]
            CommandSupport.printLine(document.indented())
        }
    }
}
