import Primitives
import Testing

@testable import Subscription

/// Which value of a feature counts, and why.
@Suite struct EntitlementRuleTests {
    private typealias Rules = EntitlementRules

    private static let seats = Rules.Definition(id: .v4(), key: "seats", name: "Seats", defaultValue: "1")

    private static func value(_ text: String?, isOn: Bool = true, feature: String = "seats") -> Rules.Value {
        Rules.Value(id: .v4(), feature: feature, isOn: isOn, text: text)
    }

    private static func plan(_ name: String, _ values: [Rules.Value], size: [String: String] = [:]) -> Rules.Subscribed
    {
        Rules.Subscribed(
            id: .v4(), plan: .v4(), planName: name, size: size.isEmpty ? nil : "M", sizeValues: size, planValues: values
        )
    }

    private static func rules(
        isSuspended: Bool = false, overrides: [Rules.Value] = [], plans: [Rules.Subscribed] = [],
        everybody: [Rules.Value] = []
    ) -> Rules {
        Rules(isSuspended: isSuspended, overrides: overrides, subscriptions: plans, everybody: everybody)
    }

    private static func found(_ rules: Rules) -> String {
        let entitlement = rules.entitlement(to: seats)
        return "\(entitlement.isOn ? "on" : "off") \(entitlement.value ?? "-") \(entitlement.reason.source)"
    }

    @Test func `the first source that has a value decides`() {
        let premium = Self.plan("Premium", [Self.value("10")])
        let sized = Self.plan("Premium", [Self.value("10")], size: ["seats": "20"])
        let (own, shared) = (Self.value("50"), Self.value("2"))
        #expect(Self.found(Self.rules()) == "on 1 default")
        #expect(Self.found(Self.rules(everybody: [shared])) == "on 2 everybody")
        #expect(Self.found(Self.rules(plans: [premium], everybody: [shared])) == "on 10 plan")
        #expect(Self.found(Self.rules(plans: [sized], everybody: [shared])) == "on 20 size")
        #expect(Self.found(Self.rules(overrides: [own], plans: [sized], everybody: [shared])) == "on 50 override")
        #expect(Self.found(Self.rules(isSuspended: true, overrides: [own], plans: [sized])) == "off - suspension")
    }

    @Test func `of several subscriptions the best value counts, of equal ones the newest`() {
        let (less, more) = (Self.plan("Less", [Self.value("5")]), Self.plan("More", [Self.value("10.5")]))
        for plans in [[less, more], [more, less]] {
            let entitlement = Self.rules(plans: plans).entitlement(to: Self.seats)
            #expect(entitlement.value == "10.5" && entitlement.reason.plan == more.plan)
            #expect(entitlement.reason.text == "The plan More has this value.")
        }
        let off = Self.plan("Off", [Self.value("100", isOn: false)])
        #expect(Self.found(Self.rules(plans: [off, less])) == "on 5 plan")
        let (newer, older) = (Self.plan("Newer", [Self.value("gold")]), Self.plan("Older", [Self.value("iron")]))
        #expect(Self.found(Self.rules(plans: [newer, older])) == "on gold plan")
        // A plan that says nothing about the feature leaves it to the others.
        #expect(Self.found(Self.rules(plans: [Self.plan("Silent", []), less])) == "on 5 plan")
    }

    private static func addOn(_ text: String, times quantity: String = "1") -> Rules.AddOnValues {
        Rules.AddOnValues(id: .v4(), name: "More", quantity: quantity, values: ["seats": text])
    }

    @Test(arguments: [
        ("10", [("5", "2"), ("0.5", "1")], "on 20.5 addOn"), ("unlimited", [("5", "2")], "on unlimited plan"),
        ("off", [("5", "2")], "on 10 addOn"), ("gold", [("silver", "1")], "on gold plan"),
        ("off", [("silver", "1")], "on silver addOn"), ("10", [], "on 10 plan"),
    ])
    func `numbers of add-ons add up, and other values take the place of none`(
        _ planned: String, _ added: [(String, String)], _ expected: String
    ) {
        var plan = Self.plan("Premium", [Self.value(planned)])
        plan.addOns = added.map { Self.addOn($0.0, times: $0.1) }
        #expect(Self.found(Self.rules(plans: [plan])) == expected)
        let own = Self.value("1")
        #expect(Self.found(Self.rules(overrides: [own], plans: [plan])) == "on 1 override", "whatever is attached")
    }

    @Test func `what an add-on adds is explained`() {
        var plan = Self.plan("Premium", [Self.value("10")])
        plan.addOns = [Self.addOn("5", times: "2")]
        let reason = Self.rules(plans: [plan]).entitlement(to: Self.seats).reason
        #expect(reason.text == "The plan Premium has this value. The add-on More adds 2 × 5.")
        #expect(reason.addOn == plan.addOns[0].id && reason.subscription == plan.id)
        var silent = Self.plan("Silent", [])
        silent.addOns = [Self.addOn("5")]
        #expect(Self.found(Self.rules(plans: [silent])) == "on 5 addOn")
    }

    @Test(arguments: ["off", "False", "no", "0"]) func `words for nothing turn a feature off`(_ word: String) {
        #expect(Self.found(Self.rules(overrides: [Self.value(word)])) == "off \(word) override")
        let feature = Rules.Definition(id: .v4(), key: "seats", name: "Seats", defaultValue: word)
        #expect(!Self.rules().entitlement(to: feature).isOn)
        #expect(Self.rules().entitlement(to: feature).limit == "0")
    }

    @Test func `a value without a text has the default, and a feature is found by its id`() {
        #expect(Self.found(Self.rules(overrides: [Self.value(nil)])) == "on 1 override")
        let byID = Self.value("7", feature: Self.seats.id.description)
        #expect(Self.found(Self.rules(overrides: [Self.value("3", feature: "Seats"), byID])) == "on 7 override")
    }

    @Test func `only numbers limit`() {
        func limit(_ text: String) -> String? {
            Self.rules(overrides: [Self.value(text)]).entitlement(to: Self.seats).limit
        }
        #expect(limit("10.50") == "10.5" && limit("unlimited") == nil && limit("-1") == nil && limit("off") == "0")
    }

    @Test func `sizes have texts, numbers and flags`() {
        let json = Array(#"{"seats": "5", "calls": 1e3, "sso": true, "other": {"a": 1}, "none": null}"#.utf8)
        #expect(EntitlementRepository.sizeValues(json) == ["seats": "5", "calls": "1e3", "sso": "true"])
        #expect(
            EntitlementRepository.sizeValues(nil) == [:] && EntitlementRepository.sizeValues(Array("[1]".utf8)) == [:])
    }
}
