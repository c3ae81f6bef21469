import Billing

/// Amounts in the smallest unit that Stripe counts in, which for some currencies is not that of ISO 4217.
enum StripeAmount {
    private static let withoutDecimals: Set<String> = [
        "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
    ]
    private static let withThreeDecimals: Set<String> = ["BHD", "JOD", "KWD", "OMR", "TND"]

    /// The amount; nil if Stripe cannot count it exactly.
    static func units(_ money: Money) -> Int64? {
        let code = money.currency.code
        let decimals = withoutDecimals.contains(code) ? 0 : withThreeDecimals.contains(code) ? 3 : 2
        var units = money.minorUnits
        for _ in money.currency.exponent..<max(decimals, money.currency.exponent) {
            let (product, overflow) = units.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            units = product
        }
        for _ in decimals..<max(decimals, money.currency.exponent) {
            guard units.isMultiple(of: 10) else { return nil }
            units /= 10
        }
        // Card networks count thousandths in tens.
        guard decimals < 3 || units.isMultiple(of: 10) else { return nil }
        return units
    }
}
