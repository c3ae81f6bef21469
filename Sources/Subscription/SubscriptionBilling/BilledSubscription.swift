import Billing
import BillingPreview
import Entities
import JSONCoding
import Primitives

/// A subscription that the engine bills, as a transaction has read and locked it, or is about to make it.
struct BilledSubscription: Sendable {
    /// What the row of the subscription says.
    let rows: SubscriptionStanding.Rows
    var billing: SubscriptionBilling
    /// The position of the next change in the database; 0 if nothing is stored yet.
    let nextPosition: Int
    let zone: ZoneRules
    /// The local date of the transaction.
    let today: CalendarDate
    let reader: ScenarioReader

    /// What it is paid in.
    var currency: String? { billing.terms["currency"]?.stringValue }

    /// Whether its billing has a row already.
    var isStored: Bool { nextPosition > 0 }

    /// - Throws: ``ScenarioRefusal`` if its time zone is not known here.
    init(
        _ rows: SubscriptionStanding.Rows, _ billing: SubscriptionBilling, nextPosition: Int = 0, at now: Timestamp,
        in zones: @escaping InstalledZoneLookup
    ) throws {
        guard let zone = zones(billing.timeZone) else {
            throw ScenarioRefusal("/timeZone", "Must be a time zone of the IANA database, such as Europe/Paris")
        }
        self.rows = rows
        self.billing = billing
        self.nextPosition = nextPosition
        self.zone = zone
        reader = ScenarioReader(zones: zones, maximumUsage: SubscriptionBilling.maximumUsage)
        today = try zone.date(at: now)
    }

    private init(copying other: BilledSubscription, _ rows: SubscriptionStanding.Rows, _ billing: SubscriptionBilling) {
        self.rows = rows
        self.billing = billing
        // Whatever is stored by now, positions count from 1.
        nextPosition = max(other.nextPosition, 1)
        (zone, today, reader) = (other.zone, other.today, other.reader)
    }

    /// The same with other rows.
    func replacing(_ rows: SubscriptionStanding.Rows, _ billing: SubscriptionBilling) -> BilledSubscription {
        BilledSubscription(copying: self, rows, billing)
    }

    /// What today makes of it.
    /// - Parameter status: The status that it is to have before that; nil for that of its row.
    func standing(as status: TenantSubscription.Status? = nil) throws -> SubscriptionStanding {
        var rows = rows
        rows.status = status ?? rows.status
        return try SubscriptionStanding(of: billing, rows, on: today, in: zone, by: reader)
    }
}

/// Finds a time zone by its name; nil if it is unknown.
typealias InstalledZoneLookup = @Sendable (String) -> ZoneRules?

extension SubscriptionStanding.Rows {
    /// What a row says.
    init(_ row: Record, at now: Timestamp) throws {
        let status = try row[TenantSubscription.status]
        let renews = try row[ifPresent: TenantSubscription.renews] ?? false
        let end = renews ? nil : try row[ifPresent: TenantSubscription.endDate]
        self.init(
            status: status, plan: try row[TenantSubscription.planID],
            startDate: try row[ifPresent: TenantSubscription.startDate] ?? "",
            hasInvoice: !row.isUnset(TenantSubscription.invoiceID),
            isLive: status.isLive(until: end, on: CalendarDate(of: now).description))
    }
}
