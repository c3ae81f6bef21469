import Billing

extension Money {
    /// The amount in units of so many decimals of its currency; nil if it cannot be counted exactly in them.
    func units(decimals: Int) -> Int64? {
        var units = minorUnits
        for _ in currency.exponent..<max(decimals, currency.exponent) {
            let (product, overflow) = units.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            units = product
        }
        for _ in decimals..<max(decimals, currency.exponent) {
            guard units.isMultiple(of: 10) else { return nil }
            units /= 10
        }
        return units
    }
}

extension DraftInvoice {
    /// A line as an external provider gets it.
    struct ProviderLine: Sendable, Hashable {
        let units: Int64
        let text: String
    }

    /// The lines of an invoice for a provider; what they do not add up to, such as taxes, is a line of its own.
    /// - Parameters:
    ///   - length: Most characters of a text.
    ///   - count: An amount as the provider counts it; nil if it cannot.
    func providerLines(
        length: Int, _ count: (Money) -> Int64?
    ) throws(BillingProviderError) -> [ProviderLine] {
        var result: [ProviderLine] = []
        var sum: Int64 = 0
        let unable = BillingProviderError.refused("An amount of the invoice cannot be collected in this currency.")
        for line in lines {
            guard let units = count(line.amount) else { throw unable }
            let (next, overflow) = sum.addingReportingOverflow(units)
            guard !overflow else { throw unable }
            sum = next
            result.append(ProviderLine(units: units, text: String(line.description.prefix(length))))
        }
        guard let total = count(self.total) else { throw unable }
        if total != sum { result.append(ProviderLine(units: total - sum, text: "Taxes, discounts and credit")) }
        return result
    }
}
