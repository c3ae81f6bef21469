package import Billing
package import PostgresClient

/// Why sample data was not stored. The database is as before.
package enum SampleDataError: Error, CustomStringConvertible {
    /// These tables have rows.
    case notEmpty([String])
    /// There is no plan with a price, a currency and a billing cycle.
    case noPlans
    /// A date is beyond the calendar, or an amount is too large.
    case unusable(BillingError)
    case database(PostgresError)

    package var description: String {
        switch self {
        case .notEmpty(let tables):
            "there are rows in \(tables.joined(separator: ", ")): sample data is for empty databases; "
                + "--append adds it to what is there"
        case .noPlans:
            "there is no plan to subscribe to: subscriptions need a plan with a price, a currency and a billing cycle"
        case .unusable(let error): "dates or amounts cannot be calculated: \(error)"
        case .database(let error): error.detail.map { "\(error): \($0)" } ?? "\(error)"
        }
    }
}
