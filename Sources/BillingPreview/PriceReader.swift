import Billing
import JSONCoding

/// Reads prices.
struct PriceReader {
    let currency: Currency

    private enum Model: String, CaseIterable {
        case flat
        case perUnit = "per_unit"
        case graduated
        case volume
        case package
        case percentage

        var members: [String] {
            switch self {
            case .flat: ["amount"]
            case .perUnit: ["unitAmount"]
            case .graduated, .volume: ["size", "tiers"]
            case .package: ["size", "amount", "freeUnits"]
            case .percentage: ["rate", "fixedAmount", "freeUnits", "freeAmount"]
            }
        }
    }

    func price(_ value: JSONValue, at pointer: String) throws(ScenarioRefusal) -> Price {
        let names = Model.allCases.flatMap(\.members) + ["model", "minimum", "maximum"]
        guard let model = try MemberReader(value, at: pointer, members: names).choice("model", Model.self) else {
            throw ScenarioRefusal("\(pointer)/model", "Is required")
        }
        let reader = try MemberReader(value, at: pointer, members: model.members + ["model", "minimum", "maximum"])
        let minimum = try reader.amount("minimum", in: currency)
        let maximum = try reader.amount("maximum", in: currency)
        if let minimum, let maximum, maximum < minimum {
            throw ScenarioRefusal(reader.at("maximum"), "Is less than the minimum")
        }
        return Price(try read(model, reader), in: currency, minimum: minimum, maximum: maximum)
    }

    private func read(_ model: Model, _ reader: MemberReader) throws(ScenarioRefusal) -> Price.Model {
        switch model {
        case .flat:
            return .flat(amount: try reader.requiredAmount("amount", in: currency))
        case .perUnit:
            return .perUnit(unitAmount: try reader.requiredAmount("unitAmount", in: currency, isUnitAmount: true))
        case .graduated:
            return .graduated(tiers: try tiers(reader), size: try reader.size("size"))
        case .volume:
            return .volume(tiers: try tiers(reader), size: try reader.size("size"))
        case .package:
            guard let size = try reader.size("size") else { throw ScenarioRefusal(reader.at("size"), "Is required") }
            return .package(
                size: size, amount: try reader.requiredAmount("amount", in: currency),
                freeUnits: try reader.quantity("freeUnits") ?? .zero)
        case .percentage:
            guard let rate = try reader.rate("rate") else { throw ScenarioRefusal(reader.at("rate"), "Is required") }
            let freeAmount = try reader.amount("freeAmount", in: currency)
            return .percentage(
                rate: rate, fixedAmount: try reader.amount("fixedAmount", in: currency) ?? .zero,
                freeUnits: try reader.quantity("freeUnits"),
                // Events are amounts in major units.
                freeAmount: freeAmount.flatMap { try? $0.divided(by: Rational(currency.minorUnitsPerMajor)) })
        }
    }

    /// In ascending order; only the last has no bound.
    private func tiers(_ reader: MemberReader) throws(ScenarioRefusal) -> [PriceTier] {
        let values = try reader.list("tiers", maximum: 100)
        guard !values.isEmpty else { throw ScenarioRefusal(reader.at("tiers"), "Must have at least one tier") }
        var tiers: [PriceTier] = []
        for (index, element) in values.enumerated() {
            let tier = try MemberReader(
                element.value, at: element.pointer, members: ["upTo", "unitAmount", "flatAmount", "rate"])
            let upTo = try tier.quantity("upTo")
            guard (upTo == nil) == (index == values.count - 1) else {
                throw ScenarioRefusal(tier.at("upTo"), "Must be null for the last tier and only for it")
            }
            if let upTo, upTo <= (tiers.last?.upTo ?? .zero) {
                throw ScenarioRefusal(tier.at("upTo"), "Must be above that of the tier before it, and above zero")
            }
            var unitAmount = try tier.amount("unitAmount", in: currency, isUnitAmount: true) ?? .zero
            if let rate = try tier.rate("rate") {
                guard let minor = try? rate.multiplied(by: Rational(currency.minorUnitsPerMajor)),
                    let sum = try? unitAmount.adding(minor)
                else { throw ScenarioRefusal(tier.at("rate"), "Is too large") }
                unitAmount = sum
            }
            let flatAmount = try tier.amount("flatAmount", in: currency) ?? .zero
            tiers.append(PriceTier(upTo: upTo, unitAmount: unitAmount, flatAmount: flatAmount))
        }
        return tiers
    }
}
