package import JSONCoding

/// What binds a sealed value to its place.
package struct SealedPlace: Sendable, Hashable {
    package let label: String
    /// The label of values that do not name the key they are sealed under; nil when it is the same.
    package let formerLabel: String?

    package init(_ label: String, former: String? = nil) {
        self.label = label
        formerLabel = former
    }
}

/// A column with sealed values: where they are, and what they are sealed for. What seals values says so with one of these, so that
/// `arc keys rotate` finds them.
package struct SealedColumn: Sendable {
    /// A column of the table's primary key, with its type in SQL.
    package struct KeyPart: Sendable {
        let name: String
        let type: String

        package init(_ name: String, _ type: String) {
            self.name = name
            self.type = type
        }
    }

    /// How the values lie in the column.
    package enum Form: Sendable, Hashable {
        /// `bytea`: the value alone.
        case bytes
        /// `json`: texts that begin with `sealed:`, anywhere in a document.
        case json
        /// The same in `jsonb`.
        case jsonb
    }

    /// With its schema.
    package let table: String
    package let column: String
    package let form: Form
    let key: [KeyPart]
    let others: [String]
    /// Whether secret members of the document that are not sealed yet shall be.
    let hasSecretMembers: Bool
    let purpose: String
    let place: @Sendable (SealedRow) -> SealedPlace

    /// - Parameters:
    ///   - key: The primary key, which is read from one end to the other.
    ///   - others: Further columns that `place` needs.
    ///   - hasSecretMembers: Whether members of the document that sound secret (`SecretName`) are what is sealed: those that were
    ///     stored before are in clear, and are sealed, too.
    ///   - purpose: Of the `Sealer`.
    ///   - place: What a value of a row is sealed with.
    package init(
        _ table: String, _ column: String, key: [KeyPart], reading others: [String] = [], form: Form = .bytes,
        hasSecretMembers: Bool = false, purpose: String, place: @escaping @Sendable (SealedRow) -> SealedPlace
    ) {
        self.table = table
        self.column = column
        self.form = form
        self.key = key
        self.others = others
        self.hasSecretMembers = hasSecretMembers
        self.purpose = purpose
        self.place = place
    }

    /// For people: `main.notifications.content`.
    package var name: String { "\(table).\(column)" }
}

/// A row with a sealed value, without the value.
package struct SealedRow: Sendable {
    let texts: [String: String]
    /// The document that the value is in, when it is in one.
    package let document: JSONValue?

    /// The text form of a column of the key, or of one of the others; empty when it is NULL.
    package func text(_ column: String) -> String { texts[column] ?? "" }
}
