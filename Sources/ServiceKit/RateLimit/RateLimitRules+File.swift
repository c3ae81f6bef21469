package import ConfigurationChecks
import JSONCoding

/// The file of limits:
///
///     {"requests": 6000, "failures": 600, "address": {"read": 600}, "caller": {"write": 60}, "tenant": {"search": 120},
///      "plans": {"BASIC": {"read": 600, "write": 60}, "PREMIUM": {"read": 0}}}
extension RateLimitRules {
    /// Applies the text of a file: what it says counts instead of the variables, and a plan has the limits of tenants where it
    /// says nothing.
    /// - Throws: ``ConfigurationFailure`` with everything that is wrong.
    package mutating func merge(_ text: [UInt8]) throws(ConfigurationFailure) {
        let value: JSONValue
        do {
            // The second of two limits of one name would silently replace the first one.
            value = try JSONValue.parse(text, limits: JSONLimits(allowsRepeatedKeys: false))
        } catch {
            throw ConfigurationFailure(key: "RATE_LIMITS_FILE", reason: "is not valid JSON: \(error)")
        }
        guard let members = value.objectValue else {
            throw ConfigurationFailure(
                key: "RATE_LIMITS_FILE", reason: #"must be a JSON object such as {"tenant": {"write": 600}}"#)
        }
        var problems: [String] = []
        var plansOfFile: [(name: String, calls: [RateLimitClass: Int])] = []
        for (name, value) in members {
            switch name {
            case "requests": requests = Self.limit(value, "requests", &problems)
            case "failures": failures = Self.limit(value, "failures", &problems)
            case "address": address = Limits(Self.calls(value, name, &problems), or: address)
            case "caller": caller = Limits(Self.calls(value, name, &problems), or: caller)
            case "tenant": tenant = Limits(Self.calls(value, name, &problems), or: tenant)
            case "plans":
                guard let plans = value.objectValue else {
                    problems.append(#""plans" must be an object such as {"BASIC": {"write": 60}}"#)
                    continue
                }
                plansOfFile = plans.map { ($0.key, Self.calls($0.value, "plans/\($0.key)", &problems)) }
            default:
                problems.append(
                    "\"\(name.prefix(50))\" is unknown: the members are requests, failures, address, caller, tenant and plans"
                )
            }
        }
        for (name, calls) in plansOfFile {
            guard plans.updateValue(Limits(calls, or: tenant), forKey: name.uppercased()) == nil else {
                problems.append("has the plan \(name) twice (upper and lower case are the same)")
                continue
            }
        }
        guard problems.isEmpty else {
            throw ConfigurationFailure(key: "RATE_LIMITS_FILE", reason: problems.joined(separator: "; "))
        }
    }

    private static func limit(_ value: JSONValue, _ place: String, _ problems: inout [String]) -> RateLimit? {
        guard let calls = value.intValue, range.contains(calls) else {
            problems.append("\"\(place)\" must be calls per minute, 0 to \(range.upperBound)")
            return nil
        }
        return calls > 0 ? RateLimit(limit: calls) : nil
    }

    private static func calls(_ value: JSONValue, _ place: String, _ problems: inout [String]) -> [RateLimitClass: Int]
    {
        guard let members = value.objectValue else {
            problems.append("\"\(place)\" must be an object such as {\"write\": 60}")
            return [:]
        }
        var calls: [RateLimitClass: Int] = [:]
        for (name, value) in members {
            guard let rateClass = RateLimitClass(rawValue: name), let count = value.intValue, range.contains(count)
            else {
                problems.append(
                    "\"\(place)/\(name.prefix(50))\" must be calls per minute (0 to \(range.upperBound)) of \(RateLimitClass.names)"
                )
                continue
            }
            calls[rateClass] = count
        }
        return calls
    }
}
