import ArgumentParser
import JSONCoding
import Primitives
import ServicePlatform

extension AuditCommand {
    /// `arc audit verify`.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find rows of audit logs that were changed, inserted, moved or deleted.",
            discussion: """
                Follows the chains from their beginning, or from the checkpoint that was signed when older rows were deleted, to
                their end, which is signed too. Services may go on writing.

                With --tenant, prints the last number and its hash. Kept elsewhere, they show later with --anchor that the chain
                was not replaced by somebody who has the key, and not cut back to an end that was signed before.
                Note new ones from time to time: a row that was deleted because of its age is reported as missing.

                Exit status: 0 when the chains are what the services have written, 1 when the command could not do its work, 2
                when there are findings.
                """)

        @OptionGroup var options: Options
        @OptionGroup var chain: ChainOption
        @Option(help: "With --service and --tenant: a number and its hash, as printed before, separated by a colon.")
        var anchor: String?
        @Flag(help: "Print a JSON object on each line.")
        var json = false

        func validate() throws {
            guard anchor == nil || (end != nil && chain.tenant != nil && options.service != nil) else {
                throw ValidationError("--anchor must be NUMBER:HASH, with --service and --tenant.")
            }
        }

        private var end: AuditVerification.End? {
            guard let anchor else { return nil }
            let parts = anchor.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let sequence = Int64(parts[0]), sequence > 0, parts[1].utf8.count == 64 else {
                return nil
            }
            return AuditVerification.End(sequence: sequence, hash: String(parts[1]))
        }

        func run() async throws {
            var isIntact = true
            try await options.forEach("arc audit verify") { service, pool, sealer in
                let summary = try await AuditVerification(pool: pool, sealer: sealer).run(
                    chain: chain.identifier, anchor: end
                ) { progress in
                    show(progress, of: service)
                }
                show(summary, of: service)
                if summary.findings > 0 { isIntact = false }
            }
            if !isIntact { throw ExitCode(2) }
        }

        private func show(_ progress: AuditVerification.Progress, of service: AuditedService) {
            switch progress {
            case .rows(let count):
                if !json { CommandSupport.printError("  \(service.rawValue): \(count) rows verified") }
            case .finding(let finding):
                guard json else {
                    let chain = finding.tenant.map { "tenant \($0)" } ?? "operator"
                    CommandSupport.printLine("\(service.rawValue)  \(chain)  \(finding.text)")
                    return
                }
                var object: JSONObject = ["service": .string(service.rawValue)]
                for member in finding.json.objectValue ?? [:] { object[member.key] = member.value }
                CommandSupport.printLine(JSONValue.object(object).serializedText())
            }
        }

        private func show(_ summary: AuditVerification.Summary, of service: AuditedService) {
            guard json else {
                CommandSupport.printLine(
                    "\(service.rawValue): \(summary.rows) rows in \(summary.chains) chains, \(summary.findings) findings, "
                        + "\(summary.pending) rows without a place yet")
                if let end = summary.end { CommandSupport.printLine("  last row: \(end.sequence):\(end.hash)") }
                return
            }
            let document: JSONValue = [
                "service": .string(service.rawValue), "rows": .integer(summary.rows),
                "chains": .integer(summary.chains),
                "findings": .integer(summary.findings), "pending": .integer(summary.pending),
                "end": summary.end.map { .string("\($0.sequence):\($0.hash)") } ?? .null,
            ]
            CommandSupport.printLine(document.serializedText())
        }
    }
}
