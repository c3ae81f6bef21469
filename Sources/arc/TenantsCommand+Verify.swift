import ArgumentParser
import JSONCoding
import Logging
import Orchestrator

extension TenantsCommand {
    /// `arc tenants verify`.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare what should exist on the data servers with what exists.",
            discussion: """
                Looks for missing roles, grants, schemas and databases, for tenants in the wrong place, and for orphans that
                belong to no tenant. Tenants with a workflow in progress are left out.

                --repair makes roles, grants and places that are missing; nothing is lost. Missing schemas and databases are
                never made, because that would hide the loss: restore them, or provision the tenant again. Orphans are only
                listed, unless --drop-orphans says how many there are.

                Reads the settings of the orchestrator: those of this process, or of the stack that `arc up` runs. Exits with
                status 1 if differences are left.
                """)

        @Flag(help: "Repair what can be repaired without loss.")
        var repair = false
        @Option(help: "Drop the orphans with their data, if there are exactly this many.")
        var dropOrphans: Int?
        @Flag(help: "Print a JSON object on each line.")
        var json = false

        func validate() throws {
            guard dropOrphans.map({ $0 > 0 }) ?? true else {
                throw ValidationError("--drop-orphans must be the number of orphans, as listed before.")
            }
        }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            let summary: DriftVerification.Summary
            do {
                let verification = try DriftVerification(
                    reader: try TenantsCommand.orchestratorSettings(for: "arc tenants"),
                    logger: Logger(label: "arc.tenants"))
                summary = try await CommandSupport.closing({ await verification.shutdown() }) {
                    try await verification.run(.init(repairs: repair, orphansToDrop: dropOrphans)) { show($0) }
                }
            } catch let exit as ExitCode {
                throw exit
            } catch {
                throw CommandSupport.fail("arc tenants: \(error)")
            }
            show(summary)
            if !summary.isClean { throw ExitCode.failure }
        }

        private func show(_ finding: DriftFinding) {
            guard !json else {
                CommandSupport.printLine(finding.json.serializedText())
                return
            }
            let tenant = finding.tenant.map { " (tenant \($0))" } ?? ""
            let end = finding.isResolved ? ": done" : finding.isRepairable ? ": --repair" : ""
            CommandSupport.printLine(
                "\(finding.server)  \(finding.name ?? "-")\(tenant)  \(finding.kind.rawValue): \(finding.detail)\(end)")
        }

        private func show(_ summary: DriftVerification.Summary) {
            guard !json else {
                let document: JSONValue = [
                    "checked": .integer(summary.checked), "findings": .integer(summary.findings),
                    "resolved": .integer(summary.resolved), "orphans": .integer(summary.orphans),
                    "refusal": summary.refusal.map { JSONValue.string($0) } ?? .null,
                ]
                CommandSupport.printLine(document.serializedText())
                return
            }
            CommandSupport.printLine(
                "\(summary.checked) names compared, \(summary.findings) differences, \(summary.resolved) resolved")
            if let refusal = summary.refusal { CommandSupport.printLine(refusal) }
            if summary.orphans > 0, dropOrphans == nil {
                CommandSupport.printLine("to drop the orphans with their data: --drop-orphans \(summary.orphans)")
            }
        }
    }
}
