package import JSONCoding

extension Field where Value == JSONText {
    /// The same field, in whose documents members that sound secret (`SecretName`) are sealed at rest, for the tenant of the row. The
    /// API takes and shows them in clear, and refuses conditions on them.
    package func withSecretMembers() -> Field {
        var definition = definition
        definition.hasSecretMembers = true
        return Field(definition)
    }
}
