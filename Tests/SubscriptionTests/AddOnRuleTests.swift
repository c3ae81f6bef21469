import JSONCoding
import Primitives
import Testing

@testable import Subscription

/// What add-ons go with.
@Suite struct AddOnRuleTests {
    private static func addOn(_ name: String, _ rules: JSONValue = [:]) -> AddOnTerms {
        AddOnTerms(
            id: .v4(), key: name, name: name, prices: [], cycle: nil, isOnce: false, isOffered: true,
            rules: AddOnRules(rules))
    }

    private static func conflict(_ addOn: AddOnTerms, on plan: Identifier = .v4(), _ others: AddOnTerms...) -> String? {
        AddOnRules.conflict(
            of: addOn, on: plan, with: Dictionary(others.map { ($0.id, $0) }) { first, _ in first })
    }

    @Test func `without rules it goes with everything`() {
        #expect(Self.conflict(Self.addOn("A"), Self.addOn("B")) == nil)
        #expect(AddOnRules(nil) == AddOnRules() && AddOnRules(["maxQuantity": 3]).maxQuantity == 3)
    }

    @Test func `it needs one of its plans, and not one that it excludes`() {
        let (plan, other) = (Identifier.v4(), Identifier.v4())
        let bound = Self.addOn("A", ["requiresPlans": [.identifier(plan)]])
        #expect(Self.conflict(bound, on: plan) == nil)
        #expect(Self.conflict(bound, on: other) == "A goes with certain plans only")
        let barred = Self.addOn("A", ["excludesPlans": [.identifier(plan)]])
        #expect(Self.conflict(barred, on: other) == nil)
        #expect(Self.conflict(barred, on: plan) == "A does not go with the plan")
    }

    @Test func `it needs all of its add-ons, and excludes others both ways`() {
        let (one, two) = (Self.addOn("One"), Self.addOn("Two"))
        let needing = Self.addOn("A", ["requiresAddOns": [.identifier(one.id), .identifier(two.id)]])
        #expect(Self.conflict(needing, one, two) == nil)
        #expect(Self.conflict(needing, one) == "A needs another add-on")
        #expect(AddOnRules.dependent(on: one.id, among: [needing.id: needing, two.id: two])?.name == "A")
        #expect(AddOnRules.dependent(on: needing.id, among: [two.id: two]) == nil)
        let excluding = Self.addOn("B", ["excludesAddOns": [.identifier(one.id)]])
        #expect(Self.conflict(excluding, two) == nil)
        #expect(Self.conflict(excluding, two, one) == "B does not go with One")
        #expect(Self.conflict(one, excluding) == "One does not go with B")
    }
}
