import Entities
import HTTPTypes
import PostgresClient

extension HTTPField.Name {
    /// Says how far the database had come behind a write, and comes back with reads: see docs/scaling.md.
    static let writePosition = HTTPField.Name(literal: "X-Write-Position")
}

extension OperationParameter {
    /// What a read must show.
    static let writePosition = OperationParameter(
        "X-Write-Position", in: .header,
        schema: .string(
            pattern: Pattern(
                regex:
                    "^(0|\(WritePosition.regex)([ ]*,[ ]*\(WritePosition.regex)){0,\(WritePositions.maximumCount - 1)})$"
            ) { WritePositions($0) != nil }),
        description:
            "X-Write-Position of the latest responses to writes (0: there were none): with it, a replica that has them may answer"
    )
}

extension SharedHeader {
    /// What writes answer in a service with replicas.
    static let writePosition = OperationResponseHeader(
        name: "X-Write-Position",
        description: "With read replicas: send it with later reads, so that they show this change")
}

extension Operation {
    /// The operation with what it has to do with replicas: reads of rows may be answered by them, and after anything else a client
    /// learns what its next reads must show.
    func withReplicas() -> Operation {
        var operation = self
        if case .scoped = handler, method == .get, !readsPrimary {
            operation.parameters.append(.writePosition)
            operation.mayReadReplicas = true
        } else if !method.isSafe {
            operation.answersWritePosition = true
        }
        return operation
    }

    /// The operation without replicas: what waits for a change must not look where it comes later.
    package func readingPrimary() -> Operation {
        var operation = self
        operation.readsPrimary = true
        return operation
    }
}
