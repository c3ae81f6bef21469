import Billing

/// The tables of one database that get sample rows, in the order that foreign keys require.
protocol SampleTables {
    /// Names of all tables that get rows.
    static var names: [String] { get }
    /// The rows since the last call of ``removeAll()``.
    var texts: [CopyText] { get }

    /// Adds the rows of the tenant with this number.
    mutating func add(tenant number: Int) throws(BillingError)
    /// Forgets the rows.
    mutating func removeAll()
}
