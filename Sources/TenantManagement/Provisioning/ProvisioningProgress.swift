import Entities
import JSONCoding
import Primitives

/// How far a run is, as the orchestrator reports it. Of two reports about a run the one with the larger version is newer.
struct ProvisioningProgress: Sendable {
    /// What became of a command.
    struct Decision: Sendable {
        let command: Identifier
        let outcome: ProvisioningCommand.Outcome
        let detail: String?
        let decidedOn: Timestamp
    }

    /// The run: the context of its request.
    let context: Identifier
    let version: Int64
    let state: ProvisioningRun.State
    let tier: String?
    let reason: String?
    let startedOn: Timestamp?
    let endedOn: Timestamp?
    /// As they are stored and shown.
    let steps: [JSONValue]
    let possibleCommands: [String]
    let decisions: [Decision]

    private static let maximumSteps = 50
    private static let maximumDecisions = 50
    private static let maximumText = 1000

    /// Reads the `data` of a report.
    /// - Throws: ``ValidationFailure`` that names the invalid member.
    init(_ data: JSONObject) throws(ValidationFailure) {
        guard let context = data["context"]?.stringValue.flatMap({ Identifier($0) }) else {
            throw .invalidField("/data/context", code: "format", "must be the id of the request")
        }
        guard let version = data["version"]?.intValue, version > 0 else {
            throw .invalidField("/data/version", code: "type", "must be a positive integer")
        }
        guard let state = data["state"]?.stringValue.flatMap(ProvisioningRun.State.init), state != .requested else {
            // Requested is what nobody has reported on yet.
            let known = ProvisioningRun.State.allCases.filter { $0 != .requested }.map(\.rawValue)
            throw .invalidField("/data/state", code: "enum", "must be one of \(known.joined(separator: ", "))")
        }
        self.context = context
        self.version = Int64(version)
        self.state = state
        tier = try Self.text(data["tier"], "/data/tier")
        reason = try Self.text(data["reason"], "/data/reason")
        startedOn = try Self.time(data["startedOn"], "/data/startedOn")
        endedOn = try Self.time(data["endedOn"], "/data/endedOn")
        var steps: [JSONValue] = []
        for (index, step) in try Self.list(data["steps"], "/data/steps", most: Self.maximumSteps).enumerated() {
            steps.append(try Self.step(step, "/data/steps/\(index)"))
        }
        self.steps = steps
        possibleCommands = try Self.list(data["possibleCommands"], "/data/possibleCommands", most: 10)
            .compactMap(\.stringValue).filter { ProvisioningCommand.Kind(rawValue: $0) != nil }
        var decisions: [Decision] = []
        let listed = try Self.list(data["commands"], "/data/commands", most: Self.maximumDecisions)
        for (index, item) in listed.enumerated() {
            decisions.append(try Self.decision(item, "/data/commands/\(index)"))
        }
        self.decisions = decisions
    }

    private static func step(_ value: JSONValue, _ place: String) throws(ValidationFailure) -> JSONValue {
        guard let name = try text(value["name"], place + "/name"),
            let state = try text(value["state"], place + "/state")
        else { throw .invalidField(place, code: "required", "must have a name and a state") }
        var step: JSONObject = ["name": .string(name), "state": .string(state)]
        for member in ["attempts", "compensationAttempts"] {
            let number = value[member]?.intValue ?? 0
            guard number >= 0 else {
                throw .invalidField("\(place)/\(member)", code: "minimum", "must be >= 0")
            }
            step[member] = .integer(number)
        }
        step["lastError"] = try text(value["lastError"], place + "/lastError").map { .string($0) } ?? .null
        for member in ["startedOn", "endedOn", "compensatedOn"] {
            step[member] = try time(value[member], "\(place)/\(member)").map { .timestamp($0) } ?? .null
        }
        return .object(step)
    }

    private static func decision(_ value: JSONValue, _ place: String) throws(ValidationFailure) -> Decision {
        guard let id = value["id"]?.stringValue.flatMap({ Identifier($0) }) else {
            throw .invalidField(place + "/id", code: "format", "must be a UUID")
        }
        guard let outcome = value["outcome"]?.stringValue.flatMap(ProvisioningCommand.Outcome.init) else {
            throw .invalidField(place + "/outcome", code: "enum", "must be APPLIED or REFUSED")
        }
        guard let decidedOn = try time(value["decidedOn"], place + "/decidedOn") else {
            throw .invalidField(place + "/decidedOn", code: "required", "must be a date and time")
        }
        return Decision(
            command: id, outcome: outcome, detail: try text(value["detail"], place + "/detail"), decidedOn: decidedOn)
    }

    private static func list(
        _ value: JSONValue?, _ place: String, most: Int
    ) throws(ValidationFailure) -> [JSONValue] {
        guard let value, !value.isNull else { return [] }
        guard let items = value.arrayValue, items.count <= most else {
            throw .invalidField(place, code: "type", "must be an array of at most \(most)")
        }
        return items
    }

    private static func text(_ value: JSONValue?, _ place: String) throws(ValidationFailure) -> String? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.stringValue, text.unicodeScalars.count <= maximumText, !text.utf8.contains(0) else {
            throw .invalidField(place, code: "type", "must be a string of at most \(maximumText) characters")
        }
        return text
    }

    private static func time(_ value: JSONValue?, _ place: String) throws(ValidationFailure) -> Timestamp? {
        guard let value, !value.isNull else { return nil }
        guard let time = value.stringValue.flatMap({ Timestamp(iso8601: $0) }) else {
            throw .invalidField(place, code: "format", "must be a date and time")
        }
        return time
    }
}
