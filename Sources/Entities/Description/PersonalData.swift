/// What becomes of a field with personal data when the data of a tenant is erased. A field without it is kept.
package struct PersonalData: Sendable, Hashable {
    /// What the field holds afterwards.
    package enum Remainder: Sendable, Hashable {
        /// Nothing: it is unset.
        case nothing
        /// A text that says nothing about anybody.
        case text(String)
        /// An e-mail address that nobody has, made of the row's id: for fields that must be addresses or unique.
        case unreachableAddress
        /// An empty object or an empty list.
        case empty
    }

    package let remainder: Remainder
    /// Whether invoices need it: then it is kept as long as the tenant has invoices, which the law wants to be kept.
    package let isFiscal: Bool
}

extension Field {
    /// The same field, which holds personal data.
    /// - Parameters:
    ///   - remainder: What it holds when the data was erased.
    ///   - fiscal: Whether invoices need it.
    package func personal(_ remainder: PersonalData.Remainder, fiscal: Bool = false) -> Field {
        var definition = definition
        definition.personalData = PersonalData(remainder: remainder, isFiscal: fiscal)
        return Field(definition)
    }
}
