import JSONCoding

/// Which finished jobs are kept: the options `removeOnComplete` and `removeOnFail` of a job.
package struct BullMQRetention: Sendable, Hashable {
    /// Most jobs, 0 for none; nil: any number.
    package let count: Int?
    /// The greatest age in seconds; nil: any age.
    package let age: Int?
    /// Most jobs that are deleted for their age when a job ends.
    package let limit: Int

    /// Every finished job is kept: the default of BullMQ.
    package static let all = BullMQRetention()
    /// No finished job is kept.
    package static let none = BullMQRetention(count: 0)

    /// Makes a rule; negative numbers count as 0.
    package init(count: Int? = nil, age: Int? = nil, limit: Int = 1000) {
        self.count = count.map { max($0, 0) }
        self.age = age.map { max($0, 0) }
        self.limit = min(max(limit, 1), 7000)
    }

    /// Reads the option: a Boolean, a number, or an object with `count`, `age` and `limit`. Anything else keeps all.
    init(_ value: JSONValue?) {
        switch value {
        case .bool(true)?: self = .none
        case .number?: self.init(count: value?.intValue)
        case .object(let object)?:
            self.init(
                count: object["count"]?.intValue, age: object["age"]?.intValue,
                limit: object["limit"]?.intValue ?? 1000)
        default: self = .all
        }
    }

    /// The option as it is stored; nil for the default.
    var json: JSONValue? {
        guard let age else {
            guard let count else { return nil }
            return count == 0 ? true : .integer(count)
        }
        var object = JSONObject([("age", JSONValue.integer(age))])
        if let count { object["count"] = .integer(count) }
        if limit != 1000 { object["limit"] = .integer(limit) }
        return .object(object)
    }
}
