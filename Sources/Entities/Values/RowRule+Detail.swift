extension RowRule {
    /// The detail of a violation by a statement that wrote the given values.
    func detail(_ values: FieldValues?) -> ValidationDetail? {
        let sent = violations.first { values?[$0.field] != nil }
        guard let violation = sent ?? violations.first else { return nil }
        return ValidationDetail(path: "/\(violation.field)", code: code, message: violation.message)
    }
}
