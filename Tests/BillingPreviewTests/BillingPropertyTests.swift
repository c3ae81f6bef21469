import BillingProperties
import Testing

/// The invariants of billing on 20,000 random scenarios; `make fuzz-billing` tries a million.
@Suite struct BillingPropertyTests {
    @Test(arguments: BillingProperty.all) func `invariants hold for random scenarios`(_ property: BillingProperty) async
    {
        let count = 20_000 / BillingProperty.all.count + 1
        for seed in 0..<UInt64(count) {
            // There is a thread for each core only, and services of other tests wait for it within transactions.
            await Task.yield()
            guard let failure = property.failure(seed: seed) else { continue }
            Issue.record("\(failure)")
            return
        }
    }
}

extension BillingProperty: CustomTestStringConvertible {
    /// The property.
    public var testDescription: String { name }
}
