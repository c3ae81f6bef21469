import Billing
import JSONCoding

extension JSONValue {
    /// An amount in minor units: a whole number.
    ///
    /// Clients that only have floating-point numbers compute it as `price * 100`, which makes 1998.9999999999998 of 19.99. A number
    /// that close to a whole one, relative to its size, means the whole one. Any other would have to be rounded and is nil.
    var minorUnits: Int64? {
        guard case .number(let number) = self else { return nil }
        if let exact = number.int64 { return exact }
        guard let amount = try? Rational(decimal: number.literal), let units = Int64(exactly: amount.rounded()),
            let distance = try? amount.subtracting(Rational(units)),
            let noise = try? Rational(Int128(units.magnitude), 1 << 50)
        else { return nil }
        return max(distance, distance.negated) <= noise ? units : nil
    }
}
