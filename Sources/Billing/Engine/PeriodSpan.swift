/// The part of a whole period that is served, with what its parts are divided by.
struct PeriodSpan: Hashable {
    /// The served part.
    var from: Int
    var to: Int
    /// The boundaries around it.
    var wholeFrom: Int
    var wholeTo: Int
    /// The length that parts are divided by.
    var total: Int
    /// Whether lengths are those of months with 30 days.
    var hasThirtyDayMonths = false
}
