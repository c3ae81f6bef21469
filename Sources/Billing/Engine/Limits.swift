/// How much one scenario may have.
package enum Limits {
    /// Periods of the subscription.
    package static let periods = 4_000
    /// Lines of all invoices, without those of discounts and taxes.
    package static let lines = 20_000

    /// Days that one extension may buy: a thousand years.
    static let extendedDays = 365_250

    static func tooMany(_ what: String) -> String { "The time has too many \(what)" }
}
