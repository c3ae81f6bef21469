import Entities
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

    private static func company(_ others: [AddOnTerms]) -> AddOnRules.Company {
        AddOnRules.Company(attached: Dictionary(others.map { ($0.id, $0) }) { first, _ in first })
    }

    private static func conflict(_ addOn: AddOnTerms, on plan: Identifier = .v4(), _ others: AddOnTerms...) -> String? {
        AddOnRules.conflict(
            of: addOn, on: plan, with: company(others), named: company(others).attached)
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
        #expect(AddOnRules.dependent(on: one.id, among: Self.company([needing, two]))?.name == "A")
        #expect(AddOnRules.dependent(on: needing.id, among: Self.company([two])) == nil)
        let excluding = Self.addOn("B", ["excludesAddOns": [.identifier(one.id)]])
        #expect(Self.conflict(excluding, two) == nil)
        #expect(Self.conflict(excluding, two, one) == "B does not go with One")
        #expect(Self.conflict(one, excluding) == "One does not go with B")
    }

    @Test func `what was bought once is there for what needs it, and bars nothing`() {
        let setup = Self.addOn("Setup", ["excludesPlans": [.identifier(.v4())]])
        let needing = Self.addOn("A", ["requiresAddOns": [.identifier(setup.id)]])
        let barring = Self.addOn("B", ["excludesAddOns": [.identifier(setup.id)]])
        let bought = AddOnRules.Company(bought: [setup.id])
        #expect(AddOnRules.conflict(of: needing, on: .v4(), with: bought) == nil)
        #expect(AddOnRules.conflict(of: barring, on: .v4(), with: bought) == nil)
        #expect(
            AddOnRules.conflict(of: needing, on: .v4(), with: .init(), named: [setup.id: setup]) == "A needs Setup")
    }

    @Test func `rules that nothing can fulfill are refused at their list`() throws {
        let (id, one, two, plan) = (Identifier.v4(), Identifier.v4(), Identifier.v4(), Identifier.v4())
        var named = AddOnRepository.Named(
            addOns: [id: AddOnRules(), one: AddOnRules(), two: AddOnRules()], plans: [plan])
        func problem(_ rules: JSONValue) -> String? {
            do throws(ValidationFailure) {
                try AddOnRules(rules).check(with: named, of: id)
                return nil
            } catch {
                return error.details.first.map { "\($0.path): \($0.code)" }
            }
        }
        #expect(problem(["requiresAddOns": [.identifier(one)], "requiresPlans": [.identifier(plan)]]) == nil)
        #expect(problem(["requiresAddOns": [.identifier(.v4())]]) == "/rules/requiresAddOns: exists")
        #expect(problem(["excludesPlans": [.identifier(.v4())]]) == "/rules/excludesPlans: exists")
        #expect(
            problem(["requiresPlans": [.identifier(plan)], "excludesPlans": [.identifier(plan)]])
                == "/rules/excludesPlans: contradiction")
        #expect(
            problem(["requiresAddOns": [.identifier(one)], "excludesAddOns": [.identifier(one)]])
                == "/rules/excludesAddOns: contradiction")
        #expect(problem(["excludesAddOns": [.identifier(id)]]) == "/rules/excludesAddOns: contradiction")
        named.addOns[one] = AddOnRules(["excludesAddOns": [.identifier(two)]])
        #expect(
            problem(["requiresAddOns": [.identifier(one), .identifier(two)]])
                == "/rules/requiresAddOns: contradiction")
        named.isCycle = true
        #expect(problem(["requiresAddOns": [.identifier(two)]]) == "/rules/requiresAddOns: cycle")
    }
}
