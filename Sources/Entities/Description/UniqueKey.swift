/// A unique constraint or index of an entity's table. PostgreSQL does not report the values of a conflict on
/// tables with row-level security; with this description the repository finds them in what the client sent.
package struct UniqueKey: Sendable, Hashable {
    /// The constraint's or index's name in the database.
    package let constraint: String
    /// The names of the fields that it is over, in its order.
    package let fields: [String]

    /// A unique key.
    package init(_ constraint: String, _ fields: any EntityField...) {
        self.constraint = constraint
        self.fields = fields.map(\.name)
    }
}
