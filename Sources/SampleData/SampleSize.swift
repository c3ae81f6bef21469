package import Billing

/// What sample data is to be made. The same values make the same rows.
package struct SampleSize: Sendable, Hashable {
    /// Tenants have the numbers from here on.
    package var firstNumber = 1
    package var tenants: Int
    package var subscriptionsPerTenant: Int
    package var seed: UInt64
    /// The day that everything leads up to.
    package var today: CalendarDate

    package init(tenants: Int, subscriptionsPerTenant: Int, seed: UInt64, today: CalendarDate) {
        self.tenants = tenants
        self.subscriptionsPerTenant = subscriptionsPerTenant
        self.seed = seed
        self.today = today
    }
}
