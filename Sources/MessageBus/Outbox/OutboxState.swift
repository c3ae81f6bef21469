package import Entities

/// What has become of an event in an outbox.
package enum OutboxState: Int, FieldValue, CaseIterable {
    case pending = 0
    case published = 1
    case dead = 2

    /// The name in documents and on the command line.
    package var name: String {
        switch self {
        case .pending: "pending"
        case .published: "published"
        case .dead: "dead"
        }
    }
}
