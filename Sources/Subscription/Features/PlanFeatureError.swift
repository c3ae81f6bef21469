import Primitives

/// Why the values of a plan's features cannot be stored.
enum PlanFeatureError: Error, Sendable, Hashable {
    /// There is no such plan, or a value of it was deleted meanwhile.
    case planNotFound
    /// An item names a value that the plan does not have.
    case valueNotFound(item: Int, Identifier)
    /// An item names a feature that does not exist.
    case featureNotFound(item: Int, name: String)
    /// The plan has, or would have, two values for one feature.
    case valueExists
}
