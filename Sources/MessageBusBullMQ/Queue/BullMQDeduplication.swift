import JSONCoding
import Primitives

/// Jobs with the same deduplication id count as one: the option `deduplication` of a job.
package struct BullMQDeduplication: Sendable, Hashable {
    package let id: String
    /// How long others count as the same job; nil: until the job has ended.
    package let life: Duration?
    /// Whether each further job makes the life begin again.
    package let extends: Bool
    /// Whether a further job takes the place of one that is still delayed.
    package let replaces: Bool

    package init(id: String, life: Duration? = nil, extends: Bool = false, replaces: Bool = false) {
        self.id = id
        self.life = life
        self.extends = extends
        self.replaces = replaces
    }

    /// The option as it is stored, under `de`.
    var json: JSONValue {
        var object = JSONObject([("id", JSONValue.string(id))])
        if let life { object["ttl"] = .integer(life.millisecondsRoundedUp) }
        if extends { object["extend"] = true }
        if replaces { object["replace"] = true }
        return .object(object)
    }
}
