import Billing

/// Amounts as Chargebee counts them: in hundredths, or in whole units of a currency that has no smaller ones.
enum ChargebeeAmount {
    /// Those that Chargebee says it counts in whole units. Others without smaller units are refused: a factor of a hundred would be wrong.
    private static let withoutDecimals: Set<String> = ["JPY", "KRW", "XAF", "XOF"]

    /// The amount; nil if Chargebee cannot count it exactly.
    static func units(_ money: Money) -> Int64? {
        if withoutDecimals.contains(money.currency.code) { return money.units(decimals: 0) }
        return money.currency.exponent == 0 ? nil : money.units(decimals: 2)
    }
}
