import JSONCoding

/// What is to be said about a request to the orchestrator each time it has changed, and whether it has ended.
struct ProvisioningWatch {
    enum Verdict: Hashable {
        case succeeded
        case failed
    }

    private var run: String?
    private var state: String?
    private var steps: [String: String] = [:]
    private(set) var verdict: Verdict?

    /// Whether there was no request so far.
    var isEmpty: Bool { run == nil }

    /// The lines about what has changed; none without a request.
    mutating func changes(_ shown: JSONValue?) -> [String] {
        guard let shown, let id = shown["id"]?.stringValue else { return [] }
        var lines: [String] = []
        if id != run {
            (run, state, steps) = (id, nil, [:])
            let kind = ["provision", "deprovision", "move"]
            let number = shown["kind"]?.intValue ?? 0
            lines.append("\(kind.indices.contains(number) ? kind[number] : "request") \(id)")
        }
        for step in shown["steps"]?.arrayValue ?? [] {
            guard let name = step["name"]?.stringValue else { continue }
            let text = Self.text(of: step)
            if steps.updateValue(text, forKey: name) != text, text != "PENDING" { lines.append("  \(name): \(text)") }
        }
        let newState = shown["state"]?.stringValue
        if newState != state {
            state = newState
            lines.append(summary(shown))
        }
        verdict =
            switch shown["status"]?.intValue {
            case 1: .succeeded
            case 2: .failed
            default: nil
            }
        return lines
    }

    private static func text(of step: JSONValue) -> String {
        let state = step["state"]?.stringValue ?? ""
        let attempts = (step["attempts"]?.intValue ?? 0) + (step["compensationAttempts"]?.intValue ?? 0)
        let count = attempts > 1 ? " after \(attempts) attempts" : ""
        guard let error = step["lastError"]?.stringValue, state != "SUCCEEDED", state != "COMPENSATED" else {
            return state + count
        }
        return "\(state)\(count): \(error)"
    }

    private func summary(_ shown: JSONValue) -> String {
        var line = state ?? ""
        if let reason = shown["reason"]?.stringValue { line += ": \(reason)" }
        if let estimate = shown["estimate"], let seconds = estimate["remainingSeconds"]?.intValue {
            line += " (about \(seconds) s more, by \(estimate["basedOnRuns"]?.intValue ?? 0) earlier runs)"
        }
        let possible = (shown["possibleCommands"]?.arrayValue ?? []).compactMap(\.stringValue)
        if state == "STUCK", !possible.isEmpty {
            line += "; an operator has to decide: \(possible.joined(separator: ", "))"
        }
        return line
    }
}
