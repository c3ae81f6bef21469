import AWS
import JSONCoding

/// The results of the entries of a batch, by their places in it.
struct BatchAnswer: Sendable, Hashable {
    /// Why one of them failed.
    struct Failure: Sendable, Hashable {
        let code: String
        /// Whether the entry caused the failure, and not the service.
        let isOfSender: Bool
    }

    let succeeded: Set<Int>
    let failed: [Int: Failure]

    init(_ answer: JSONValue) {
        succeeded = Set((answer["Successful"]?.arrayValue ?? []).compactMap(Self.place))
        var failed: [Int: Failure] = [:]
        for entry in answer["Failed"]?.arrayValue ?? [] {
            guard let place = Self.place(entry) else { continue }
            failed[place] = Failure(
                code: AWSError.code(cleaning: entry["Code"]?.stringValue ?? "without code"),
                isOfSender: entry["SenderFault"]?.boolValue ?? false)
        }
        self.failed = failed
    }

    private static func place(_ entry: JSONValue) -> Int? { entry["Id"]?.stringValue.flatMap { Int($0) } }
}
