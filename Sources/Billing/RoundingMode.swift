/// Where a half goes when an amount is rounded to whole minor units (policy P8).
package enum RoundingMode: String, Sendable, Hashable, CaseIterable {
    /// Away from zero.
    case halfUp = "half_up"
    /// To the even neighbor.
    case halfEven = "half_even"
}
