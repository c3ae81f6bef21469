import Billing
import JSONCoding

/// What a plan costs, as the billing engine reads it: its price is that of a unit.
extension PlanTerms {
    var enginePrice: JSONValue { price.enginePrice }

    var engineInterval: JSONValue { cycle.engineInterval }
}

extension Money {
    var enginePrice: JSONValue { ["model": "per_unit", "unitAmount": .string(decimalText)] }
}

extension BillingCycle {
    var engineInterval: JSONValue { ["unit": .string(unit.rawValue), "count": .integer(count)] }
}
