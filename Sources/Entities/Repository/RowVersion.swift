package import Primitives

/// A changed row: what a cache needs to drop or replace its copy.
package struct RowVersion: Sendable, Hashable {
    /// The row's primary key.
    package let id: Identifier
    /// Its version after the change.
    package let version: Int64

    /// A row's version.
    package init(id: Identifier, version: Int64) {
        self.id = id
        self.version = version
    }
}
