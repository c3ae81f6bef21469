package import Billing
package import JSONCoding

// Items: prices with their quantity or usage, and the times at which they are billed.

extension ScenarioReader {
    /// A price as an item of a request has it.
    ///
    /// - Throws: what is wrong, with a pointer into it.
    package static func price(_ value: JSONValue, in currency: Currency) throws(ScenarioRefusal) -> Price {
        try PriceReader(currency: currency).price(value, at: "")
    }

    func readItems(_ reader: MemberReader, of scenario: inout BillingScenario) throws(ScenarioRefusal) {
        let given = ["price", "phases", "items"].filter { reader.has($0) }
        guard given.count == 1 else {
            throw ScenarioRefusal(
                given.isEmpty ? "/price" : "/\(given[1])", "There must be exactly one of price, phases, and items")
        }
        let isInArrears = try reader.choice("collection", Collection.self) == .arrears
        var events = 0
        guard reader.has("items") else {
            var item = try readItem(reader, id: nil, in: scenario, events: &events)
            item.isInArrears = isInArrears
            item.taxes = scenario.taxes
            scenario.items = [item]
            return try readMetered(reader, of: &scenario, events: &events)
        }
        for name in Self.itemMembers where reader.has(name) {
            throw ScenarioRefusal("/\(name)", "Must be given in each item")
        }
        if reader.has("metered") {
            throw ScenarioRefusal("/metered", "Is possible only beside a price or phases; an item has usage of its own")
        }
        scenario.hasSeveralItems = true
        for element in try reader.list("items", maximum: Bounds.items) {
            let names = Self.itemMembers + ["id", "taxes", "collection", "interval", "start", "end", "once"]
            let part = try MemberReader(element.value, at: element.pointer, members: names)
            let id = try part.requiredText("id")
            guard !scenario.items.contains(where: { $0.id == id }) else {
                throw ScenarioRefusal(part.at("id"), "Another item has this id")
            }
            var item = try readItem(part, id: id, in: scenario, events: &events)
            item.isInArrears = try part.choice("collection", Collection.self).map { $0 == .arrears } ?? isInArrears
            item.taxes = part.has("taxes") ? try taxes(part) : scenario.taxes
            try readTimes(part, of: &item, in: scenario)
            scenario.items.append(item)
        }
        guard !scenario.items.isEmpty else { throw ScenarioRefusal("/items", "Must have at least one item") }
    }

    /// Prices of usage beside the price of the subscription: in its periods, and after them.
    private func readMetered(
        _ reader: MemberReader, of scenario: inout BillingScenario, events: inout Int
    ) throws(ScenarioRefusal) {
        for element in try reader.list("metered", maximum: Bounds.items) {
            let part = try MemberReader(
                element.value, at: element.pointer, members: ["id", "price", "usage", "aggregation", "start", "taxes"])
            let id = try part.requiredText("id")
            guard !scenario.items.contains(where: { $0.id == id }) else {
                throw ScenarioRefusal(part.at("id"), "Another item has this id")
            }
            guard part.has("usage") else { throw ScenarioRefusal(part.at("usage"), "Is required") }
            var item = try readItem(part, id: id, in: scenario, events: &events)
            item.taxes = part.has("taxes") ? try taxes(part) : scenario.taxes
            if part.has("start") {
                let start = try part.moment("start", on: scenario.axis)
                guard start >= scenario.start else {
                    throw ScenarioRefusal(part.at("start"), "Must not be before the start of the subscription")
                }
                item.start = start
            }
            scenario.items.append(item)
        }
    }

    private enum Collection: String, CaseIterable {
        case advance
        case arrears
    }

    private func readTimes(
        _ reader: MemberReader, of item: inout ScenarioItem, in scenario: BillingScenario
    ) throws(ScenarioRefusal) {
        item.cycle = try reader.interval("interval") ?? scenario.cycle
        if reader.has("start") {
            let start = try reader.moment("start", on: scenario.axis)
            guard start >= scenario.start else {
                throw ScenarioRefusal(reader.at("start"), "Must not be before the start of the subscription")
            }
            item.start = start
        }
        item.end = try end(reader, after: item.start ?? scenario.start, on: scenario.axis)
        item.isOnce = try reader.flag("once")
        guard item.isOnce else { return }
        for name in ["phases", "usage", "interval", "end"] where reader.has(name) {
            throw ScenarioRefusal(reader.at(name), "Is not possible for an item that is billed once")
        }
    }

    private func readItem(
        _ reader: MemberReader, id: String?, in scenario: BillingScenario, events: inout Int
    ) throws(ScenarioRefusal) -> ScenarioItem {
        guard reader.has("price") != reader.has("phases") else {
            throw ScenarioRefusal(reader.at("price"), "There must be either a price or phases")
        }
        var item = ScenarioItem(id: id, phases: try phases(reader, in: scenario.currency), cycle: scenario.cycle)
        item.pointer = reader.at(reader.has("price") ? "price" : "phases")
        item.quantity = try reader.quantity("quantity") ?? .one
        if reader.has("usage") {
            guard !reader.has("quantity") else {
                throw ScenarioRefusal(reader.at("quantity"), "A price of usage has no quantity")
            }
            let elements = try reader.list("usage", maximum: maximumUsage)
            events += elements.count
            guard events <= maximumUsage else { throw ScenarioRefusal(reader.at("usage"), "Has too many events") }
            item.usage = try usage(elements, on: scenario.axis)
        }
        for name in ["aggregation", "interim"] where reader.has(name) && !reader.has("usage") {
            throw ScenarioRefusal(reader.at(name), "Needs usage")
        }
        item.aggregation = try reader.choice("aggregation", Aggregation.self) ?? .sum
        for element in try reader.list("interim", maximum: Bounds.interim) {
            item.interim.append(scenario.axis.position(of: try MemberReader.date(element.value, at: element.pointer)))
        }
        item.interim.sort()
        return item
    }

    private func usage(
        _ elements: [(value: JSONValue, pointer: String)], on axis: TimeAxis
    ) throws(ScenarioRefusal) -> [UsageEvent] {
        var usage: [UsageEvent] = []
        for element in elements {
            let event = try MemberReader(element.value, at: element.pointer, members: ["at", "quantity"])
            guard let quantity = try event.quantity("quantity") else {
                throw ScenarioRefusal(event.at("quantity"), "Is required")
            }
            usage.append(UsageEvent(position: try event.moment("at", on: axis), quantity: quantity))
        }
        // In the order of time, and of the list for events of the same time: percentages depend on it.
        let order = usage.indices.sorted { (usage[$0].position, $0) < (usage[$1].position, $1) }
        return order.map { usage[$0] }
    }

    private func phases(_ reader: MemberReader, in currency: Currency) throws(ScenarioRefusal) -> [Phase] {
        let prices = PriceReader(currency: currency)
        if let price = reader.value("price") {
            return [Phase(periods: nil, price: try prices.price(price, at: reader.at("price")))]
        }
        var phases: [Phase] = []
        let elements = try reader.list("phases", maximum: Bounds.phases)
        for (index, element) in elements.enumerated() {
            let phase = try MemberReader(element.value, at: element.pointer, members: ["periods", "price", "quantity"])
            let periods = try phase.integer("periods", in: Bounds.periods)
            guard periods != nil || index == elements.count - 1 else {
                throw ScenarioRefusal(phase.at("periods"), "Is required for every phase but the last")
            }
            phases.append(
                Phase(
                    periods: periods, price: try prices.price(phase.required("price"), at: phase.at("price")),
                    quantity: try phase.quantity("quantity")))
        }
        guard !phases.isEmpty else { throw ScenarioRefusal(reader.at("phases"), "Must have at least one phase") }
        return phases
    }
}
