import Billing
import BillingPreview
import JSONCoding
import Primitives

/// A subscription that the billing engine bills: what was agreed at the start, and all that has become known since then. Whatever
/// it bills, and when, follows from it: the engine never alters an invoice of a day that is over (docs/subscriptions.md).
struct SubscriptionBilling: Sendable {
    /// Something that happens, or has happened. Those that were canceled are left out.
    struct Entry: Sendable {
        let id: Identifier
        /// The order in which they became known, from 1.
        let position: Int
        let kind: SubscriptionChange.Kind
        var state: SubscriptionChange.State
        var requestedOn: CalendarDate
        /// The first day on which it counts; nil until it was computed.
        var effectiveOn: CalendarDate?
        /// The plan from that day on.
        var plan: Identifier?
        /// As the engine reads it.
        var change: JSONObject
        /// Of its row; 0 before it has one.
        var version: Int64 = 0
        /// The version of the plan whose price counts from that day on; nil: the price stays.
        var planVersion: Int?
        /// The add-on that is attached, changed or detached.
        var addOn: Identifier?
        /// Where a price comes from, if it is not what the plan costs.
        var origin: SubscriptionChange.Origin?
        /// For operators.
        var note: String?
    }

    /// An invoice with its place among those of the subscription, from 1.
    struct NumberedInvoice: Sendable, Hashable {
        let ordinal: Int
        let invoice: DraftInvoice
    }

    /// A credit note with its place among those of the subscription, from 1.
    struct NumberedNote: Sendable, Hashable {
        let ordinal: Int
        let note: CreditNote
    }

    let subscription: Identifier
    let tenant: Identifier
    /// A request of `POST /billing-preview` without `until` and `changes`.
    let scenario: JSONObject
    /// In the order of their positions.
    var entries: [Entry]
    /// Invoices that were issued.
    var issued: Int
    /// How its invoices are collected from now on; nil: by nobody.
    var collectionMethod: CollectionMethod?
    /// Usage that was billed.
    var usage: [MeteredUsage] = []
    /// Usage that is billed now, and not stored yet.
    var addedUsage: [MeteredUsage] = []
    /// The version of the plan whose price was agreed on at the start; 0 is the row of the plan.
    var planVersion = 0

    /// The name of the time zone of its calendar.
    var timeZone: String { scenario["timeZone"]?.stringValue ?? ZoneRules.utc.name }

    /// What counts now: what was agreed when it was last begun anew, and what has happened since then.
    private var current: (scenario: JSONObject, entries: ArraySlice<Entry>, issuedBefore: Int) {
        guard let last = entries.lastIndex(where: { $0.kind == .restart }) else { return (scenario, entries[...], 0) }
        let change = entries[last].change
        return (
            change["scenario"]?.objectValue ?? scenario, entries[(last + 1)...], change["issued"]?.intValue ?? 0
        )
    }

    /// What was agreed when it was last begun anew, with all periods of a term that was renewed.
    var terms: JSONObject {
        var (terms, entries, _) = current
        let more = entries.reduce(0) { $0 + ($1.kind == .renew ? $1.change["periods"]?.intValue ?? 0 : 0) }
        if more > 0, let periods = terms["term"]?["periods"]?.intValue {
            terms["term"] = ["periods": .integer(periods + more)]
        }
        return terms
    }

    /// The request of `POST /billing-preview` that has the same invoices.
    /// - Parameter until: The first day of which no invoice is wanted.
    func request(until: CalendarDate) -> JSONObject {
        var request = terms
        let metered = meteredRequest
        if !metered.isEmpty { request["metered"] = .array(metered) }
        request["until"] = .string(until.description)
        let changes = changes.map { JSONValue.object($0.change) }
        if !changes.isEmpty { request["changes"] = .array(changes) }
        return request
    }

    /// What the engine reads.
    var changes: [Entry] { current.entries.filter { $0.kind.isOfEngine && !isSuperseded($0) } }

    /// What is billed through a day, and how the subscription stands at its end.
    /// - Throws: why it cannot be billed, with a pointer into ``request(until:)``.
    func progress(through day: CalendarDate, by reader: ScenarioReader) throws(ScenarioRefusal) -> BillingProgress {
        let start = (terms["start"]?.stringValue).flatMap { try? CalendarDate($0) } ?? day
        let end = try Self.day(after: day)
        // A request must end after its start; of a subscription that has not started, nothing is due.
        var scenario = try reader.scenario(.object(request(until: max(end, try Self.day(after: start)))))
        scenario.until = end
        // They were possible when they were scheduled; who has ended the service since then, may do so.
        scenario.ignoresChangesAfterEnd = true
        return try scenario.progress()
    }

    private static func day(after day: CalendarDate) throws(ScenarioRefusal) -> CalendarDate {
        do { return try day.adding(days: 1) } catch { throw ScenarioRefusal("/until", error.description) }
    }

    /// Which invoice of its statement has an ordinal, from 1; nil for those from before it was last begun anew, of which the engine
    /// knows nothing any more.
    func place(ofInvoice ordinal: Int) -> Int? {
        let before = current.issuedBefore
        return ordinal > before ? ordinal - before : nil
    }

    /// All invoices of a statement with their ordinals.
    func numbered(_ invoices: [DraftInvoice]) -> [NumberedInvoice] {
        let first = current.issuedBefore + 1
        return invoices.enumerated().map { NumberedInvoice(ordinal: first + $0.offset, invoice: $0.element) }
    }

    /// The credit notes of a statement that were not issued yet: each is that of an entry.
    func unissued(_ notes: [CreditNote]) -> [NumberedNote] {
        let issued = current.entries.count { $0.kind == .creditNote && $0.state == .applied }
        let before = entries.count { $0.kind == .creditNote } - current.entries.count { $0.kind == .creditNote }
        return notes.enumerated().dropFirst(issued).map { index, note in
            NumberedNote(ordinal: before + index + 1, note: note.after(invoices: current.issuedBefore))
        }
    }

    /// The plan on a day: what counts is in which order changes take effect, not in which they became known.
    /// - Parameters:
    ///   - entries: With the days on which they take effect; those without one do not count yet.
    ///   - plan: That before all changes that are not stored as made.
    static func plan(on day: CalendarDate, by entries: [Entry], before plan: Identifier) -> Identifier {
        entries.filter { entry in entry.plan != nil && entry.effectiveOn.map { $0 <= day } ?? false }
            .max { $0.takesEffect(before: $1) }?.plan ?? plan
    }

    /// What happens, or has happened, since it was last begun anew.
    var currentEntries: ArraySlice<Entry> { current.entries }

    /// Invoices that were not issued yet.
    func unissued(_ invoices: [DraftInvoice]) -> [NumberedInvoice] { numbered(invoices).filter { $0.ordinal > issued } }
}

extension SubscriptionChange.Kind {
    /// Whether the engine knows it.
    var isOfEngine: Bool {
        switch self {
        case .change, .quantity, .pause, .resume, .anchor, .creditNote, .cancel, .addItem, .removeItem: true
        case .renew, .restart: false
        }
    }

    /// Whether it is possible only while the service goes on.
    var needsService: Bool {
        switch self {
        case .change, .quantity, .pause, .resume, .anchor, .addItem, .removeItem: true
        case .creditNote, .cancel, .renew, .restart: false
        }
    }
}

extension SubscriptionBilling.Entry {
    /// Whether it takes effect before another one, as the engine makes changes: those of a day that follow its invoices come last.
    func takesEffect(before other: SubscriptionBilling.Entry) -> Bool {
        func place(_ entry: SubscriptionBilling.Entry) -> (Int, Int, Int, Int) {
            let effect = entry.effect?.daysSince1970 ?? 0
            return (
                effect, entry.day?.daysSince1970 ?? effect, entry.change["ownInvoice"]?.boolValue == true ? 1 : 0,
                entry.position
            )
        }
        return place(self) < place(other)
    }
}

extension SubscriptionBilling {
    /// Where an entry is in ``request(until:)``.
    func pointer(to entry: Entry) -> String? {
        changes.firstIndex { $0.id == entry.id }.map { "/changes/\($0)" }
    }
}
