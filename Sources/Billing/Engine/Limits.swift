/// How much one scenario may have.
package enum Limits {
    /// Periods of the subscription.
    package static let periods = 4_000
    /// Lines of all invoices, without those of discounts and taxes.
    package static let lines = 10_000
    /// Minor units of an amount: so few that all lines together fit into 64 bits.
    package static let minorUnits: Int64 = 900_000_000_000_000
    /// Positions at which something is due.
    static let steps = 50_000

    /// Days that one extension may buy: a thousand years.
    static let extendedDays = 365_250

    static func tooMany(_ what: String) -> String { "There are too many \(what) before this date" }
}
