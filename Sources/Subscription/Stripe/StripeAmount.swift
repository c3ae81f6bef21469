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
        // Card networks count thousandths in tens.
        guard let units = money.units(decimals: decimals), decimals < 3 || units.isMultiple(of: 10) else { return nil }
        return units
    }
}
