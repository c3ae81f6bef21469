/// Why a repricing does not start, or is not canceled.
enum RepricingError: Error, Sendable, Hashable {
    /// There is no such repricing.
    case notFound
    /// The version was canceled.
    case canceled
    /// The version is not in effect yet, so that it may still change.
    case notEffective
    /// It has ended, so that it cannot be canceled.
    case over(Repricing.State)
}
