import Billing
import Primitives

/// A made-up tenant with all that belongs to it in tenant management.
struct SampleTenant {
    /// Its key ends with this number.
    let number: Int
    let id: Identifier
    let key: String
    /// The only domain of the tenant.
    let domain: String
    let name: String
    let status: SampleStatus
    let tier: String
    let createdOn: Timestamp
    let address: (id: Identifier, street: String, zip: String, city: String, state: String, country: String)
    /// The lead that has become this tenant; others were added by an operator.
    let lead: (id: Identifier, person: SamplePerson)?
    let contacts: [(id: Identifier, person: SamplePerson)]
    let subscriptions: [SampleSubscription]
    /// Random numbers for what has no influence on other rows.
    var random: SampleRandom

    /// The same for the same seed, whatever other tenants there are.
    init(_ number: Int, of size: SampleSize) throws(BillingError) {
        var random = SampleRandom(seed: size.seed, number: number)
        let adjective = random.pick(SampleWords.adjectives, or: "")
        let noun = random.pick(SampleWords.nouns, or: "")
        self.number = number
        name = "\(adjective) \(noun)\(random.pick(SampleWords.legalForms, or: ""))"
        // Letters, then the number: no two tenants have the same key.
        key = "\(noun.lowercased())\(number)"
        let status = SampleStatus(percentile: random.below(100))
        self.status = status
        tier = random.pick(SampleWords.tiers, or: "BASIC")
        subscriptions = try SampleSubscription.series(
            size.subscriptionsPerTenant, ofActiveTenant: status == .active, today: size.today, &random)
        let first = subscriptions.last?.start ?? size.today
        let dayBefore = try first.adding(days: -1 - random.below(30))
        let created = dayBefore.startOfDay.adding(.milliseconds(random.below(86_400_000)))
        createdOn = created
        id = random.identifier(at: createdOn)
        let domain = "\(key).example"
        self.domain = domain
        let place = random.pick(SampleWords.places, or: ("Berlin", "Berlin", "DE"))
        address = (
            random.identifier(at: createdOn),
            "\(1 + random.below(200)) \(random.pick(SampleWords.streets, or: "Main Street"))",
            "\(10_000 + random.below(89_999))", place.city, place.state, place.country
        )
        let owner = SamplePerson(domain: domain, number: 0, &random)
        let others = random.below(3)
        var contacts = [(id: random.identifier(at: created), person: owner)]
        for index in 0..<others {
            let person = SamplePerson(domain: domain, number: index + 1, &random)
            contacts.append((random.identifier(at: created), person))
        }
        self.contacts = contacts
        let leadOn = createdOn.adding(.seconds(-60 - random.below(86_400)))
        lead = random.happens(inPercent: 60) ? (random.identifier(at: leadOn), owner) : nil
        self.random = random
    }
}

/// The states that sample tenants are in; none has work in progress.
enum SampleStatus: Int {
    case active = 0
    case pendingProvision = 1
    case provisionFailed = 3
    case inactive = 5

    /// 90 of a hundred are ACTIVE.
    init(percentile: Int) {
        switch percentile {
        case ..<90: self = .active
        case ..<94: self = .pendingProvision
        case ..<96: self = .provisionFailed
        default: self = .inactive
        }
    }
}

/// A made-up person.
struct SamplePerson {
    let firstName: String
    let lastName: String
    let email: String

    /// - Parameter number: Distinguishes the people of a tenant.
    init(domain: String, number: Int, _ random: inout SampleRandom) {
        firstName = random.pick(SampleWords.firstNames, or: "Ada")
        lastName = random.pick(SampleWords.lastNames, or: "Smith")
        let suffix = number == 0 ? "" : "\(number)"
        email = "\(firstName.lowercased()).\(lastName.lowercased())\(suffix)@\(domain)"
    }
}
