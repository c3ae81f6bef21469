import JSONCoding

extension JSONValue {
    /// An amount in minor units: a whole number.
    ///
    /// Clients that have no other numbers compute it as `price * 100`, which makes 1998.9999999999998 of 19.99. What is
    /// that close to a whole number means it; anything else would have to be rounded, and is nil.
    var minorUnits: Int64? {
        guard case .number(let number) = self else { return nil }
        if let exact = number.int64 { return exact }
        let nearest = number.double.rounded()
        guard abs(number.double - nearest) <= abs(nearest) * 0x1p-50 else { return nil }
        return Int64(exactly: nearest)
    }
}
