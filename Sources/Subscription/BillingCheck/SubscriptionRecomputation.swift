import Billing
import BillingPreview
import JSONCoding
import Primitives

/// Compares the invoices of a subscription with what the engine makes of what is stored about it. Pure.
struct SubscriptionRecomputation: Sendable {
    /// The subscription as its rows have it.
    struct Stored: Sendable {
        var billing: SubscriptionBilling
        let status: TenantSubscription.Status
        /// When something is due next; nil: nothing ever.
        var nextDue: Timestamp?
        var parkedReason: String?
        /// In the order of their ordinals.
        var invoices: [Invoice] = []
        var notes: [Note] = []
        /// What the ledger owes the subscriber.
        var credit: Int64 = 0
    }

    /// An invoice that was issued, in minor units.
    struct Invoice: Sendable, Hashable {
        let id: Identifier
        /// Nil for that of a subscription which the engine has taken over.
        var ordinal: Int?
        let currency: String
        let amounts: Amounts
        var lines: [Line] = []
        /// Whether it is in the ledger: it is no draft, and not void.
        var isPosted = true
        let issuedOn: CalendarDate?
    }

    struct Amounts: Sendable, Hashable {
        var subtotal: Int64
        var discount: Int64
        var tax: Int64
        var credit: Int64
        var creditBalance: Int64
        var total: Int64
    }

    struct Line: Sendable, Hashable {
        var kind: String
        var amount: Int64
        /// The JSON text of what explains it.
        var details: [UInt8]?
        var from: String?
        var to: String?
    }

    struct Note: Sendable, Hashable {
        let ordinal: Int
        /// Which invoice of the subscription it credits.
        let invoice: Int?
        let amount: Int64
        let tax: Int64
        let total: Int64
    }

    let stored: Stored
    /// The tenant's time.
    let now: Timestamp
    let reader: ScenarioReader
    let zones: InstalledZoneLookup

    /// How many seconds something that is due may wait for a worker.
    static let grace = Int64(3600)

    /// What is wrong.
    var findings: [BillingFinding] {
        var findings: [BillingFinding] = []
        if let reason = stored.parkedReason { findings.append(finding(.parked, "cannot be billed: \(reason)")) }
        do {
            try compare(&findings)
        } catch let refusal as ScenarioRefusal {
            findings.append(
                finding(.recomputation, "the engine refuses what is stored: \(refusal.pointer) \(refusal.reason)"))
        } catch {
            findings.append(finding(.recomputation, "what is stored cannot be read: \(error)"))
        }
        return findings
    }

    private func compare(_ findings: inout [BillingFinding]) throws {
        guard let zone = zones(stored.billing.timeZone) else {
            throw ScenarioRefusal("/timeZone", "There is no such time zone here")
        }
        let isLive = stored.status == .active || stored.status == .inactive
        let today = try zone.date(at: now)
        // What has ended is computed through its last invoice.
        let last = stored.invoices.compactMap(\.issuedOn).max()
        let day = isLive ? today : last ?? today
        var expected: [SubscriptionBilling.NumberedInvoice] = []
        var notes: [SubscriptionBilling.NumberedNote] = []
        var progress: BillingProgress?
        for part in stored.billing.parts(through: day) {
            let through = try part.billing.progress(through: part.day, by: reader)
            expected += part.billing.numbered(through.statement.invoices).filter { $0.ordinal <= part.lastOrdinal }
            notes += part.billing.allNotes(through.statement.creditNotes)
            progress = through
        }
        compareInvoices(expected, &findings)
        compareNotes(notes, &findings)
        let missing = expected.filter { $0.ordinal > stored.billing.issued }
        if isLive, stored.parkedReason == nil {
            let late = missing.filter { invoice in
                guard let day = invoice.invoice.issuedOn else { return true }
                return zone.instant(of: day) + Self.grace <= now.seconds
            }
            for invoice in late { findings.append(self.missing(invoice)) }
            if stored.nextDue == nil, progress?.next != nil || progress?.end.map({ $0 > today }) == true {
                findings.append(finding(.forgotten, "it is live, but nothing of it will ever be due again"))
            }
        }
        if missing.isEmpty, stored.invoices.allSatisfy(\.isPosted), isLive,
            let balance = progress?.statement.creditBalance,
            balance.minorUnits != stored.credit
        {
            findings.append(
                finding(.credit, "the account credit is \(balance.minorUnits), but the ledger has \(stored.credit)"))
        }
    }

    private func compareInvoices(
        _ expected: [SubscriptionBilling.NumberedInvoice], _ findings: inout [BillingFinding]
    ) {
        var rows = Dictionary(
            stored.invoices.compactMap { row in row.ordinal.map { ($0, row) } }, uniquingKeysWith: { first, _ in first }
        )
        let taken = stored.invoices.first { $0.ordinal == nil }
        if let taken, rows[1] == nil { rows[1] = taken }
        for invoice in expected where invoice.ordinal <= stored.billing.issued {
            guard let row = rows.removeValue(forKey: invoice.ordinal) else {
                findings.append(missing(invoice))
                continue
            }
            let reasons = Self.differences(row, invoice.invoice, isTaken: row.ordinal == nil)
            findings += reasons.map { finding(.recomputation, row.id, "invoice \(invoice.ordinal): \($0)") }
        }
        let computed = expected.last?.ordinal ?? 0
        if computed < stored.billing.issued, rows.isEmpty {
            findings.append(
                finding(.surplus, "\(stored.billing.issued) invoices were issued, but only \(computed) were due"))
        }
        for (ordinal, row) in rows.sorted(by: { $0.key < $1.key }) where row.ordinal != nil {
            findings.append(finding(.surplus, row.id, "invoice \(ordinal) is not one of the subscription"))
        }
    }

    private func missing(_ invoice: SubscriptionBilling.NumberedInvoice) -> BillingFinding {
        let day = invoice.invoice.issuedOn?.description ?? "an unknown day"
        return finding(
            .missing,
            "invoice \(invoice.ordinal) of \(day) for \(invoice.invoice.total.minorUnits) \(invoice.invoice.currency.code) is missing"
        )
    }

    /// How an invoice differs from what the engine makes.
    /// - Parameter isTaken: Whether only its total counts: another part of the service has made it.
    static func differences(_ row: Invoice, _ invoice: DraftInvoice, isTaken: Bool) -> [String] {
        var differences: [String] = []
        func expect<Value: Equatable>(_ name: String, _ value: Value, _ expected: Value) {
            guard value != expected else { return }
            differences.append("\(name) is \(value), not \(expected)")
        }
        expect("the currency", row.currency, invoice.currency.code)
        expect("the total", row.amounts.total, invoice.total.minorUnits)
        guard !isTaken else { return differences }
        expect("the subtotal", row.amounts.subtotal, invoice.subtotal.minorUnits)
        expect("the discount", row.amounts.discount, invoice.discount.minorUnits)
        expect("the tax", row.amounts.tax, invoice.tax.minorUnits)
        expect("the credit", row.amounts.credit, invoice.credit.minorUnits)
        expect("the credit after it", row.amounts.creditBalance, invoice.creditBalance.minorUnits)
        let lines = invoice.lines + invoice.adjustments
        guard row.lines.count == lines.count else {
            return differences + ["it has \(row.lines.count) lines, not \(lines.count)"]
        }
        for (index, (line, computed)) in zip(row.lines, lines).enumerated() {
            let name = "line \(index + 1)"
            expect("the kind of \(name)", line.kind, computed.details?.kind.rawValue ?? "")
            expect("the amount of \(name)", line.amount, computed.amount.minorUnits)
            expect("the first day of \(name)", line.from ?? "", computed.period?.start.description ?? "")
            expect("the end of \(name)", line.to ?? "", computed.period?.end.description ?? "")
            let places = explanationDifferences(of: line, from: computed)
            if !places.isEmpty {
                differences.append("what explains \(name) is different: \(places.joined(separator: ", "))")
            }
        }
        return differences
    }

    /// The members of the explanation that are not those of the engine.
    private static func explanationDifferences(of line: Line, from computed: InvoiceLine) -> [String] {
        guard let bytes = line.details, let stored = try? JSONValue.parse(stored: bytes).objectValue,
            let engine = try? LineExplanation(computed)
        else { return ["it cannot be read"] }
        return LineExplanation(stored: stored).differences(from: engine)
    }

    private func compareNotes(_ expected: [SubscriptionBilling.NumberedNote], _ findings: inout [BillingFinding]) {
        let stored = stored.notes.sorted { $0.ordinal < $1.ordinal }
        for (index, note) in stored.enumerated() {
            // A note of several lines is as many notes of the engine.
            let next = index + 1 < stored.count ? stored[index + 1].ordinal : .max
            let parts = expected.filter { (note.ordinal..<next).contains($0.ordinal) }.map(\.note)
            let amount = parts.reduce(Int64(0)) { $0 + $1.amount.minorUnits }
            let tax = parts.reduce(Int64(0)) { $0 + $1.tax.minorUnits }
            let total = parts.reduce(Int64(0)) { $0 + $1.total.minorUnits }
            // One that leaves nothing of its invoice gives back what rounding the parts has left over, too.
            let residue = note.total - total
            let isSame =
                !parts.isEmpty && parts.allSatisfy { $0.invoice == note.invoice } && note.amount == amount
                && note.tax - tax == residue && residue.magnitude <= parts.count
            guard !isSame else { continue }
            findings.append(
                finding(
                    .recomputation,
                    "credit note \(note.ordinal) is for \(note.total), but the engine makes \(total)"))
        }
    }

    private func finding(_ kind: BillingFinding.Kind, _ text: String) -> BillingFinding { finding(kind, nil, text) }

    private func finding(
        _ kind: BillingFinding.Kind, _ invoice: Identifier?, _ text: String
    ) -> BillingFinding {
        BillingFinding(
            kind, tenant: stored.billing.tenant, subscription: stored.billing.subscription, invoice: invoice, text)
    }
}

extension SubscriptionBilling {
    /// A time of the subscription with terms of its own.
    struct Part: Sendable {
        /// Its entries end with this part.
        let billing: SubscriptionBilling
        /// The day through which it is computed.
        let day: CalendarDate
        /// The last invoice that was issued before it was begun anew.
        let lastOrdinal: Int
    }

    /// All parts: each restart begins another one.
    /// - Parameter day: The day through which the last one is computed.
    func parts(through day: CalendarDate) -> [Part] {
        var parts: [Part] = []
        for (index, entry) in entries.enumerated() where entry.kind == .restart {
            var part = self
            part.entries = Array(entries[..<index])
            parts.append(
                Part(billing: part, day: entry.requestedOn, lastOrdinal: entry.change["issued"]?.intValue ?? 0))
        }
        return parts + [Part(billing: self, day: day, lastOrdinal: .max)]
    }

    /// All credit notes of a statement.
    func allNotes(_ notes: [CreditNote]) -> [NumberedNote] {
        var billing = self
        for index in billing.entries.indices where billing.entries[index].kind == .creditNote {
            billing.entries[index].state = .scheduled
        }
        return billing.unissued(notes)
    }
}
