import Entities
import JSONCoding
import ServiceKit

extension ProvisioningCommandError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .tenantNotFound: return .entityNotFound
        case .noRun:
            return .conflict("Nothing was requested for this tenant yet.", code: "NO_PROVISIONING")
        case .notPossible(let command, let state, let possible):
            let rest = possible.isEmpty ? "Nothing is possible now." : "Possible: \(possible.joined(separator: ", "))."
            var failure = HTTPFailure.conflict(
                "\(command.rawValue) is not possible: the run is \(state). \(rest)", code: "COMMAND_NOT_POSSIBLE")
            failure.details = [
                ValidationDetail(
                    path: "", code: "command", message: "is not possible in this state",
                    info: ["state": .string(state), "possible": .array(possible.map { .string($0) })])
            ]
            return failure
        case .alreadyPending(let command):
            return .conflict(
                "\(command.rawValue) was requested before, and the orchestrator has not applied it yet.",
                code: "COMMAND_PENDING")
        case .tooMany:
            return .conflict(
                "There are \(ProvisioningCommand.maximumCount) commands for this run already.",
                code: "TOO_MANY_COMMANDS")
        }
    }
}
