package import Billing

/// The tables of one database that get sample rows, in the order that foreign keys ask for.
package protocol SampleTables {
    /// Names of all tables that get rows.
    static var names: [String] { get }
    /// The rows since the last call of ``removeAll()``.
    var texts: [CopyRows] { get }

    /// Adds the rows of the tenant with this number.
    mutating func add(tenant number: Int) throws(BillingError)
    mutating func removeAll()
}

/// Rows for COPY.
package struct CopyRows {
    /// Schema, table and columns.
    package let target: String
    package let bytes: [UInt8]
    package let rows: Int

    init(_ text: CopyText) {
        target = text.target
        bytes = text.bytes
        rows = text.rows
    }
}
