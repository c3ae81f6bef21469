/// The size of an integer column.
package enum IntegerWidth: Sendable, Hashable {
    /// `smallint`
    case int16
    /// `integer`
    case int32
    /// `bigint`
    case int64

    /// The smallest value; nil for 64 bits, where a double cannot distinguish the bound from its neighbors.
    var minimum: Int? {
        switch self {
        case .int16: Int(Int16.min)
        case .int32: Int(Int32.min)
        case .int64: nil
        }
    }

    /// The largest value; see `minimum`.
    var maximum: Int? {
        switch self {
        case .int16: Int(Int16.max)
        case .int32: Int(Int32.max)
        case .int64: nil
        }
    }
}
