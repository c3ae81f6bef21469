package import JSONCoding

/// How far a column is.
package struct RotationProgress: Sendable, Hashable {
    package let column: String
    /// From 1.
    package let pass: Int
    /// Read in this pass.
    package let rows: Int
    /// As PostgreSQL last counted.
    package let estimatedRows: Int
    /// In all passes.
    package let resealed: Int
}

/// What became of a column.
package struct RotationOutcome: Sendable, Hashable {
    package let column: String
    package let rows: Int
    package let resealed: Int
    /// Values under another key that can be opened: after a dry run those that would be sealed again, otherwise those that others
    /// have kept locked.
    package let left: Int
    /// Values that no key opens.
    package let unreadable: Int

    /// For programs.
    package var json: JSONValue {
        [
            "column": .string(column), "rows": .integer(rows), "resealed": .integer(resealed), "left": .integer(left),
            "unreadable": .integer(unreadable),
        ]
    }
}
