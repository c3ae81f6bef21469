package import JSONCoding

extension JSONObject {
    /// The value of a field's member in a body that has passed a schema; nil if it is absent or null.
    package func value<Value: FieldValue>(of field: Field<Value>) -> Value? {
        guard let member = self[field.name] else { return nil }
        return (try? FieldValues.parameter(member, field.definition)).flatMap { Value(bound: $0) }
    }
}
