import Billing
import JSONCoding

/// Reads the changes of a scenario.
struct ChangeReader {
    /// All but its changes; with the items that changes add.
    private(set) var scenario: BillingScenario
    /// Items that a change has taken away.
    private var removed: Set<Int> = []

    init(scenario: BillingScenario) { self.scenario = scenario }

    private enum Kind: String, CaseIterable {
        case change
        case quantity
        case pause
        case resume
        case anchor
        case creditNote = "credit_note"
        case cancel
        case addItem = "add_item"
        case removeItem = "remove_item"

        var members: [String] {
            switch self {
            case .change: ["item", "price", "quantity", "interval", "trial", "policy", "metered"]
            case .quantity: ["item", "quantity", "policy"]
            case .pause, .resume, .cancel: ["policy"]
            case .anchor: ["anchor", "policy"]
            case .creditNote: ["invoice", "line", "amount", "refund"]
            case .addItem: ["item", "price", "quantity", "interval", "once"]
            case .removeItem: ["item", "policy"]
            }
        }

        /// The first is the default.
        var policies: [ChangePolicy] {
            switch self {
            case .change, .quantity:
                [.prorateNow, .creditAtRenewal, .atPeriodEnd, .none, .fullPriceNewPeriod, .extendTime]
            case .pause, .resume: [.prorateNow, .none]
            case .anchor: [.atPeriodEnd, .prorateNow]
            case .cancel, .removeItem: [.atPeriodEnd, .prorateNow, .none]
            case .creditNote, .addItem: [.none]
            }
        }
    }

    /// In the order in which they happen; at one time, in that of the list.
    mutating func changes(_ reader: MemberReader) throws(ScenarioRefusal) -> [ScenarioChange] {
        var changes: [ScenarioChange] = []
        for element in try reader.list("changes", maximum: ScenarioReader.Bounds.changes) {
            changes.append(try change(element.value, at: element.pointer))
        }
        // What follows the invoices of its day comes after what precedes them.
        func key(_ index: Int) -> (Int, Int, Int) {
            (changes[index].position, changes[index].hasOwnInvoice ? 1 : 0, index)
        }
        let order = changes.indices.sorted { key($0) < key($1) }
        return order.map { changes[$0] }
    }

    private mutating func change(_ value: JSONValue, at pointer: String) throws(ScenarioRefusal) -> ScenarioChange {
        let common = ["at", "type", "ownInvoice"]
        let all = Kind.allCases.flatMap(\.members) + common
        guard let kind = try MemberReader(value, at: pointer, members: all).choice("type", Kind.self) else {
            throw ScenarioRefusal("\(pointer)/type", "Is required")
        }
        let reader = try MemberReader(value, at: pointer, members: kind.members + common)
        let position = try reader.moment("at", on: scenario.axis)
        guard position >= scenario.start else {
            throw ScenarioRefusal(reader.at("at"), "Must not be before the start of the subscription")
        }
        let policy = try reader.choice("policy", of: kind.policies) ?? kind.policies[0]
        let change = try read(kind, reader)
        if [.fullPriceNewPeriod, .extendTime].contains(policy), isOfAddedItem(change) {
            throw ScenarioRefusal(
                reader.at("policy"),
                "Is not possible for an item that was added: it would move the subscription's periods")
        }
        return ScenarioChange(
            at: position, change, policy: policy, pointer: pointer,
            hasOwnInvoice: try reader.flag("ownInvoice"))
    }

    private func isOfAddedItem(_ change: ScenarioChange.Kind) -> Bool {
        switch change {
        case .change(let item, _, _, _, _, _), .quantity(let item, _): scenario.items[item].isAdded
        default: false
        }
    }

    private mutating func read(
        _ kind: Kind, _ reader: MemberReader
    ) throws(ScenarioRefusal) -> ScenarioChange.Kind {
        switch kind {
        case .addItem: return .addItem(item: try addedItem(reader))
        case .removeItem: return .removeItem(item: try removedItem(reader))
        case .change:
            let item = try item(reader)
            let prices = PriceReader(currency: scenario.currency)
            var price: Price?
            if let value = reader.value("price") { price = try prices.price(value, at: reader.at("price")) }
            let quantity = try quantity(reader, of: item)
            let cycle = try reader.interval("interval")
            let trial = try reader.trial("trial")
            guard price != nil || quantity != nil || cycle != nil || trial != nil else {
                throw ScenarioRefusal(reader.at("price"), "There must be a price, quantity, interval, or trial")
            }
            return .change(
                item: item, price: price, quantity: quantity, cycle: cycle, trial: trial, metered: try metered(reader))
        case .quantity:
            let item = try item(reader)
            guard let quantity = try quantity(reader, of: item) else {
                throw ScenarioRefusal(reader.at("quantity"), "Is required")
            }
            return .quantity(item: item, quantity)
        case .pause: return .pause
        case .resume: return .resume
        case .cancel: return .cancel
        case .anchor:
            guard let rule = try reader.anchor("anchor") else {
                throw ScenarioRefusal(reader.at("anchor"), "Is required")
            }
            return .anchor(rule)
        case .creditNote:
            return .creditNote(
                invoice: try reader.requiredInteger("invoice", in: 1...1_000_000),
                line: try reader.requiredInteger("line", in: 1...1_000_000),
                amount: try reader.minorUnits("amount", in: scenario.currency), isRefund: try reader.flag("refund"))
        }
    }

    /// New prices of usage beside the price of the subscription.
    private func metered(_ reader: MemberReader) throws(ScenarioRefusal) -> [ScenarioChange.Kind.MeteredPrice] {
        var metered: [ScenarioChange.Kind.MeteredPrice] = []
        for element in try reader.list("metered", maximum: ScenarioReader.Bounds.items) {
            let part = try MemberReader(element.value, at: element.pointer, members: ["id", "price"])
            let id = try part.requiredText("id")
            guard !scenario.hasSeveralItems, let index = scenario.items.firstIndex(where: { $0.id == id }) else {
                throw ScenarioRefusal(part.at("id"), "There is no such metered price")
            }
            let price = try PriceReader(currency: scenario.currency).price(part.required("price"), at: part.at("price"))
            metered.append(.init(item: index, price: price))
        }
        return metered
    }

    /// An item that is there from the day of a change on.
    private mutating func addedItem(_ reader: MemberReader) throws(ScenarioRefusal) -> Int {
        let id = try reader.requiredText("item")
        if let last = scenario.items.lastIndex(where: { $0.id == id }), !removed.contains(last) {
            throw ScenarioRefusal(reader.at("item"), "Another item has this id")
        }
        guard scenario.items.count < ScenarioReader.Bounds.items else {
            throw ScenarioRefusal(reader.at("item"), "There are too many items")
        }
        let prices = PriceReader(currency: scenario.currency)
        let price = try prices.price(reader.required("price"), at: reader.at("price"))
        let cycle = try reader.interval("interval")
        var item = ScenarioItem(id: id, phases: [Phase(periods: nil, price: price)], cycle: cycle ?? scenario.cycle)
        item.pointer = reader.at("price")
        item.quantity = try reader.quantity("quantity") ?? .one
        item.isAdded = true
        item.followsSubscription = cycle == nil
        item.isOnce = try reader.flag("once")
        guard !item.isOnce || cycle == nil else {
            throw ScenarioRefusal(reader.at("interval"), "Is not possible for an item that is billed once")
        }
        item.isInArrears = scenario.items.first?.isInArrears ?? false
        item.taxes = scenario.taxes
        scenario.items.append(item)
        return scenario.items.count - 1
    }

    /// An item that a change takes away.
    private mutating func removedItem(_ reader: MemberReader) throws(ScenarioRefusal) -> Int {
        let id = try reader.requiredText("item")
        guard let index = index(of: id), !removed.contains(index) else {
            throw ScenarioRefusal(reader.at("item"), "There is no such item")
        }
        guard !scenario.items[index].isOnce else {
            throw ScenarioRefusal(reader.at("item"), "Must not be an item that is billed once")
        }
        removed.insert(index)
        return index
    }

    /// The index of an item that a change may name: with one price, only of those that were added.
    private func index(of id: String) -> Int? {
        scenario.items.lastIndex { $0.id == id && (scenario.hasSeveralItems || $0.isAdded) }
    }

    /// The index of the item that a change names, or of the one price of the subscription.
    private func item(_ reader: MemberReader) throws(ScenarioRefusal) -> Int {
        if !scenario.hasSeveralItems {
            guard reader.has("item") else { return 0 }
            guard scenario.items.contains(where: \.isAdded) else {
                throw ScenarioRefusal(reader.at("item"), "Is possible only with items")
            }
        }
        let id = try reader.requiredText("item")
        guard let index = index(of: id) else {
            throw ScenarioRefusal(reader.at("item"), "There is no such item")
        }
        guard !scenario.items[index].isOnce else {
            throw ScenarioRefusal(reader.at("item"), "Must not be an item that is billed once")
        }
        return index
    }

    private func quantity(_ reader: MemberReader, of item: Int) throws(ScenarioRefusal) -> Rational? {
        guard let quantity = try reader.quantity("quantity") else { return nil }
        guard scenario.items[item].usage == nil else {
            throw ScenarioRefusal(reader.at("quantity"), "A price of usage has no quantity")
        }
        return quantity
    }
}
