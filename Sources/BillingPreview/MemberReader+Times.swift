import Billing
import JSONCoding
import Primitives

// Dates and instants.
extension MemberReader {
    /// The years in which scenarios lie.
    private static let years = 1900...2999

    func date(_ name: String) throws(ScenarioRefusal) -> CalendarDate? {
        guard let value = value(name) else { return nil }
        return try Self.date(value, at: at(name))
    }

    static func date(_ value: JSONValue, at pointer: String) throws(ScenarioRefusal) -> CalendarDate {
        guard let date = try? CalendarDate(value.stringValue ?? ""), years.contains(date.year) else {
            throw ScenarioRefusal(
                pointer, "Must be a date such as 2024-01-31 of the years \(years.lowerBound) to \(years.upperBound)")
        }
        return date
    }

    func requiredDate(_ name: String) throws(ScenarioRefusal) -> CalendarDate {
        guard let date = try date(name) else { throw ScenarioRefusal(at(name), "Is required") }
        return date
    }

    /// The position of a local date or an RFC 3339 instant.
    func moment(_ name: String, on axis: TimeAxis) throws(ScenarioRefusal) -> Int {
        let text = try required(name).stringValue ?? ""
        if let date = try? CalendarDate(text), Self.years.contains(date.year) { return axis.position(of: date) }
        if text.utf8.count > 10, let instant = Timestamp(iso8601: text), let position = try? axis.position(of: instant),
            let date = try? axis.local(position).date, Self.years.contains(date.year)
        {
            return position
        }
        throw ScenarioRefusal(
            at(name),
            "Must be a date such as 2024-01-31 or an instant such as 2024-01-31T10:00:00Z of the years "
                + "\(Self.years.lowerBound) to \(Self.years.upperBound)")
    }

    func interval(_ name: String) throws(ScenarioRefusal) -> BillingCycle? {
        guard let value = value(name) else { return nil }
        let reader = try MemberReader(value, at: at(name), members: ["unit", "count"])
        guard let unit = try reader.choice("unit", BillingCycle.Unit.self) else {
            throw ScenarioRefusal(reader.at("unit"), "Is required")
        }
        // At most a century.
        let maximum =
            switch unit {
            case .day: 9_999
            case .week: 5_200
            case .month: 1_200
            case .year: 100
            }
        let count = try reader.integer("count", in: 1...maximum) ?? 1
        guard let cycle = try? BillingCycle(count, unit) else {
            throw ScenarioRefusal(reader.pointer, "Is not a valid interval")
        }
        return cycle
    }

    func trial(_ name: String) throws(ScenarioRefusal) -> Trial? {
        guard let value = value(name) else { return nil }
        let reader = try MemberReader(value, at: at(name), members: ["days", "until"])
        switch (try reader.integer("days", in: 0...36_500), try reader.date("until")) {
        case (let days?, nil): return .days(days)
        case (nil, let date?): return .until(date)
        default: throw ScenarioRefusal(at(name), "Must have either days or until")
        }
    }

    func anchor(_ name: String) throws(ScenarioRefusal) -> AnchorRule? {
        guard let value = value(name) else { return nil }
        if let word = value.stringValue {
            switch word {
            case "start": return .start
            case "calendar": return .calendar
            default: break
            }
        }
        guard value.objectValue != nil else {
            throw ScenarioRefusal(at(name), "Must be \"start\", \"calendar\", or an object with day, date, or weekday")
        }
        let reader = try MemberReader(value, at: at(name), members: ["day", "date", "weekday"])
        let day = try reader.integer("day", in: 1...31).map(AnchorRule.day)
        let date = try reader.date("date").map(AnchorRule.date)
        let weekday = try reader.integer("weekday", in: 1...7).map(AnchorRule.weekday)
        let given = [day, date, weekday].compactMap { $0 }
        guard given.count == 1 else {
            throw ScenarioRefusal(at(name), "Must have exactly one of day, date, and weekday")
        }
        return given[0]
    }
}
