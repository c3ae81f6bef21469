import Billing
import JSONCoding

/// Reads the changes of a scenario.
struct ChangeReader {
    /// All but its changes.
    let scenario: BillingScenario

    private enum Kind: String, CaseIterable {
        case change
        case quantity
        case pause
        case resume
        case anchor
        case creditNote = "credit_note"
        case cancel

        var members: [String] {
            switch self {
            case .change: ["item", "price", "quantity", "interval", "trial", "policy", "metered"]
            case .quantity: ["item", "quantity", "policy"]
            case .pause, .resume, .cancel: ["policy"]
            case .anchor: ["anchor", "policy"]
            case .creditNote: ["invoice", "line", "amount", "refund"]
            }
        }

        /// The first is the default.
        var policies: [ChangePolicy] {
            switch self {
            case .change, .quantity:
                [.prorateNow, .creditAtRenewal, .atPeriodEnd, .none, .fullPriceNewPeriod, .extendTime]
            case .pause, .resume: [.prorateNow, .none]
            case .anchor: [.atPeriodEnd, .prorateNow]
            case .cancel: [.atPeriodEnd, .prorateNow, .none]
            case .creditNote: [.none]
            }
        }
    }

    /// In the order in which they happen; at one time, in that of the list.
    func changes(_ reader: MemberReader) throws(ScenarioRefusal) -> [ScenarioChange] {
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

    private func change(_ value: JSONValue, at pointer: String) throws(ScenarioRefusal) -> ScenarioChange {
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
        return ScenarioChange(
            at: position, try read(kind, reader), policy: policy, pointer: pointer,
            hasOwnInvoice: try reader.flag("ownInvoice"))
    }

    private func read(_ kind: Kind, _ reader: MemberReader) throws(ScenarioRefusal) -> ScenarioChange.Kind {
        switch kind {
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

    /// The index of the item that a change names; with one price it names none.
    private func item(_ reader: MemberReader) throws(ScenarioRefusal) -> Int {
        guard scenario.hasSeveralItems else {
            guard !reader.has("item") else { throw ScenarioRefusal(reader.at("item"), "Is possible only with items") }
            return 0
        }
        let id = try reader.requiredText("item")
        guard let index = scenario.items.firstIndex(where: { $0.id == id }) else {
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
