/// Why prices of subscribers are not changed.
enum RepricingError: Error, Sendable, Hashable {
    /// There is no such plan, or no such version of it.
    case notFound
    /// The version was canceled.
    case canceled
    /// The version does not count yet, so that it may still change.
    case notEffective
    /// It is over, so that it cannot be canceled.
    case over(Repricing.State)
}
