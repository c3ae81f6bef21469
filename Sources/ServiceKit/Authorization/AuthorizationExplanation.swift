package import JSONCoding

/// Why somebody may, or may not, use an operation: the decision of a service, step by step, for `arc doctor authorize`.
package struct AuthorizationExplanation: Sendable {
    /// One thing that is looked at.
    package struct Step: Sendable, Hashable {
        /// What was found out.
        package enum Outcome: String, Sendable {
            case passed
            case refused
            /// Says something without deciding anything.
            case note
        }

        /// Such as `permission`.
        package let name: String
        package let outcome: Outcome
        /// What was found, in a sentence. It never contains the credential.
        package let text: String

        package init(_ name: String, _ outcome: Outcome, _ text: String) {
            self.name = name
            self.outcome = outcome
            self.text = text
        }
    }

    /// Such as `GET /tenants/{id}`; nil if there is no such operation.
    package var operation: String?
    package private(set) var steps: [Step] = []
    /// The status of the response if the caller is refused: 401, 403, 404, 405 or 503.
    package private(set) var status: Int?

    package init() {}

    /// Whether the request reaches the operation.
    package var isAllowed: Bool { status == nil }

    /// Something that is as it must be.
    package mutating func pass(_ name: String, _ text: String) { steps.append(Step(name, .passed, text)) }

    /// Something that decides nothing.
    package mutating func note(_ name: String, _ text: String) { steps.append(Step(name, .note, text)) }

    /// A reason for a refusal.
    /// - Parameter status: Of the response. The first one counts, because later steps are never reached.
    package mutating func refuse(_ name: String, _ text: String, status: Int) {
        steps.append(Step(name, .refused, text))
        if self.status == nil { self.status = status }
    }
}

extension AuthorizationExplanation: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("allowed")
        writer.bool(isAllowed)
        if let operation {
            writer.key("operation")
            writer.string(operation)
        }
        if let status {
            writer.key("status")
            writer.integer(status)
        }
        writer.key("steps")
        writer.beginArray()
        for step in steps {
            writer.beginObject()
            writer.key("name")
            writer.string(step.name)
            writer.key("outcome")
            writer.string(step.outcome.rawValue)
            writer.key("text")
            writer.string(step.text)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
