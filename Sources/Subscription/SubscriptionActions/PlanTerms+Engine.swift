import Billing
import JSONCoding

/// What a plan costs, as the billing engine reads it: its price is that of a unit.
extension PlanTerms {
    var enginePrice: JSONValue { ["model": "per_unit", "unitAmount": .string(price.decimalText)] }

    var engineInterval: JSONValue { cycle.engineInterval }
}

extension BillingCycle {
    var engineInterval: JSONValue { ["unit": .string(unit.rawValue), "count": .integer(count)] }
}
