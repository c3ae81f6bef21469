import Entities
import JSONCoding
import Primitives

extension ProvisioningRunService.Listing {
    /// The runs as they are shown.
    /// - Parameters:
    ///   - showsCauses: For operators: texts of errors, which name servers, programs and objects of other systems, and what operators
    ///     have decided.
    ///   - showsEstimates: False for what a validator is made of, because an estimate changes with time alone.
    func json(showsCauses: Bool, showsEstimates: Bool = true) throws -> JSONValue {
        .array(try page.records.map { try json(of: $0, showsCauses, showsEstimates) })
    }

    private func json(of record: Record, _ showsCauses: Bool, _ showsEstimates: Bool) throws -> JSONValue {
        var run = JSONObject()
        // Without those that filters cannot name.
        for (name, value) in try record.members() { run[name] = value }
        let steps = try record[ProvisioningRun.steps].value().arrayValue ?? []
        run["steps"] = .array(showsCauses ? steps : steps.map(Self.withoutCause))
        if showsEstimates {
            run["estimate"] =
                estimates[try record.id].map { estimate in
                    [
                        "remainingSeconds": .integer(Int(estimate.remaining.components.seconds)),
                        "basedOnRuns": .integer(estimate.runs),
                    ]
                } ?? .null
        }
        guard showsCauses else { return .object(run) }
        run["reason"] = try record[ifPresent: ProvisioningRun.reason].map { .string($0) } ?? .null
        run["possibleCommands"] = .array(
            (try record[ifPresent: ProvisioningRun.possibleCommands] ?? []).map { .string($0) })
        run["commands"] = .array((commands[try record.id] ?? []).map(\.json))
        return .object(run)
    }

    private static func withoutCause(_ step: JSONValue) -> JSONValue {
        guard var members = step.objectValue else { return step }
        members["lastError"] = nil
        return .object(members)
    }
}
