import Billing
import Entities
import JSONCoding
import Primitives

/// An invoice or a credit note with everything that its documents contain.
struct BillingDocument: Sendable {
    enum Kind: String, Sendable {
        case invoice
        case creditNote = "credit note"
    }

    /// A rate of tax on a line.
    struct Rate: Sendable, Hashable {
        let name: String
        let percent: Rational
        /// Whether the tax is within the amount.
        let isInclusive: Bool
        /// Whether the buyer owes it.
        let isReverseCharge: Bool
    }

    struct Line: Sendable {
        let description: String
        let period: BillingPeriod?
        /// How the amount comes about; nil if it needs no explanation.
        let formula: String?
        let amount: Money
        let rates: [Rate]
        /// In minor units, exact.
        let discountShare: Rational
        /// Of a line of a credit note; nil for those of invoices, whose taxes are rounded once.
        let tax: Money?

        /// The rates that the seller charges.
        var chargedRates: [Rate] { rates.filter { !$0.isReverseCharge } }
    }

    /// A discount or a tax.
    struct Adjustment: Sendable {
        let description: String
        let amount: Money
        /// Of a tax.
        let rate: Rate?
    }

    let kind: Kind
    let id: Identifier
    let tenant: Identifier?
    /// Nil for a draft, and for invoices of former releases.
    let number: String?
    let isDraft: Bool
    let issuedOn: CalendarDate?
    let dueOn: CalendarDate?
    let createdOn: CalendarDate
    let currency: Currency
    let lines: [Line]
    let discounts: [Adjustment]
    let taxes: [Adjustment]
    let subtotal: Money
    let discount: Money
    let tax: Money
    /// What account credit has paid; negative: what was added to it.
    let credit: Money
    /// What is to be paid, or is given back, before prepaid credits.
    let total: Money
    /// The part of the total that prepaid credits have paid in the transaction that issued the invoice.
    let prepaid: Money
    let seller: InvoiceParty?
    let buyer: InvoiceParty
    /// Of a credit note: which invoice it corrects.
    let corrected: (number: String, issuedOn: CalendarDate?)?
    let reason: String?
    let destination: CreditNoteRow.Destination?
    /// What else the invoice has kept of the seller and of the buyer.
    let sellerDetails: JSONValue
    let buyerOptions: JSONValue

    /// Reads what ``InvoiceDocumentRepository`` has read.
    /// - Throws: ``InvoiceError/notBillable`` for an invoice without amounts.
    init(_ json: JSONValue, _ kind: Kind) throws {
        func text(_ name: String) -> String? { json[name]?.stringValue }
        func date(_ name: String) -> CalendarDate? { text(name).flatMap { try? CalendarDate($0) } }
        guard let id = text("id").flatMap({ Identifier($0) }),
            let currency = text("currency").flatMap({ try? Currency($0) }), let total = json["total"]?.minorUnits
        else { throw InvoiceError.notBillable }
        func money(_ name: String) -> Money? {
            json[name]?.minorUnits.map { Money(minorUnits: $0, currency: currency) }
        }
        self.kind = kind
        self.id = id
        self.currency = currency
        tenant = text("tenantId").flatMap { Identifier($0) }
        number = text("number")
        isDraft = text("status") == "draft"
        issuedOn = date("issuedOn")
        dueOn = date("dueOn")
        createdOn = date("createdOn") ?? CalendarDate(of: Timestamp(seconds: 0))
        self.total = Money(minorUnits: total, currency: currency)
        prepaid = money("prepaid") ?? .zero(currency)
        subtotal = money("subtotal") ?? self.total
        discount = money("discount") ?? .zero(currency)
        credit = money("credit") ?? .zero(currency)
        let all = json["lines"]?.arrayValue ?? []
        let (adjusting, billing) = (
            all.filter { InvoiceLineDetails.Kind.ofAdjustments.contains($0["kind"]?.stringValue ?? "") },
            all.filter { !InvoiceLineDetails.Kind.ofAdjustments.contains($0["kind"]?.stringValue ?? "") }
        )
        lines = try billing.map { try Line($0, in: currency, isBilled: kind == .invoice) }
        let adjustments = try adjusting.map { ($0["kind"]?.stringValue ?? "", try Adjustment($0, in: currency)) }
        discounts = adjustments.filter { $0.0 == InvoiceLineDetails.Kind.discount.rawValue }.map(\.1)
        let rest = try self.total.adding(credit).adding(discount).subtracting(subtotal)
        tax = money("tax") ?? rest
        let known =
            kind == .creditNote
            ? try Self.taxes(of: lines)
            : adjustments.filter { $0.0 == InvoiceLineDetails.Kind.tax.rawValue }.map(\.1)
        taxes =
            known.isEmpty && !tax.isZero
            ? [Adjustment(description: rest.isZero ? "Tax, included" : "Tax", amount: tax, rate: nil)] : known
        sellerDetails = json["seller"] ?? .null
        seller = InvoiceParty(seller: json["seller"])
        buyerOptions = json["buyer"]?["options"] ?? .null
        buyer = InvoiceParty(buyer: json["buyer"], fallback: tenant.map { "Tenant \($0)" } ?? "Customer")
        corrected = text("invoiceNumber").map { ($0, date("invoiceIssuedOn")) }
        reason = text("reason")
        destination = text("destination").flatMap { CreditNoteRow.Destination(rawValue: $0) }
    }
}

extension BillingDocument {
    /// What is to be paid after prepaid credits, or is given back.
    var due: Money { get throws { try total.subtracting(prepaid) } }

    /// The taxes of the lines of a credit note, by rate. Empty if a line does not have exactly one rate.
    private static func taxes(of lines: [Line]) throws -> [Adjustment] {
        var taxes: [Adjustment] = []
        for line in lines {
            guard let tax = line.tax, !tax.isZero else { continue }
            let rates = line.chargedRates
            guard let rate = rates.first, rates.count == 1 else { return [] }
            let place = taxes.firstIndex { $0.rate == rate }
            let sum = try place.map { try taxes[$0].amount.adding(tax) } ?? tax
            let name = rate.name.isEmpty ? "Tax" : rate.name
            let entry = Adjustment(
                description: "\(name) \(rate.percent.decimalText(places: 4))%", amount: sum, rate: rate)
            if let place { taxes[place] = entry } else { taxes.append(entry) }
        }
        return taxes
    }
}

extension BillingDocument.Line {
    /// - Parameter isBilled: Whether discounts are taken off the amount; those of credit notes are without them.
    fileprivate init(_ json: JSONValue, in currency: Currency, isBilled: Bool) throws {
        func date(_ name: String) -> CalendarDate? { json[name]?.stringValue.flatMap { try? CalendarDate($0) } }
        let details = json["details"] ?? .null
        let plan = json["plan"]?.stringValue
        let name = json["description"]?.stringValue ?? ""
        // The engine does not know what a subscription is called.
        description =
            plan.map { name.hasPrefix("Subscription") ? $0 + name.dropFirst("Subscription".count) : name } ?? name
        var period: BillingPeriod?
        if let start = date("periodStart"), let end = date("periodEnd") {
            period = try? BillingPeriod(start: start, end: end)
        }
        self.period = period
        formula = details["explanation"]?["formula"]?.stringValue
        amount = Money(minorUnits: json["amount"]?.minorUnits ?? 0, currency: currency)
        rates = try (details["taxes"]?.arrayValue ?? []).map { try BillingDocument.Rate($0) }
        let text = isBilled ? details["discountShare"]?.stringValue : nil
        let share = try text.map { try Rational(decimal: $0) } ?? .zero
        discountShare = try share.multiplied(by: Rational(currency.minorUnitsPerMajor))
        tax = json["tax"]?.minorUnits.map { Money(minorUnits: $0, currency: currency) }
    }
}

extension BillingDocument.Adjustment {
    fileprivate init(_ json: JSONValue, in currency: Currency) throws {
        description = json["description"]?.stringValue ?? ""
        amount = Money(minorUnits: json["amount"]?.minorUnits ?? 0, currency: currency)
        rate = try json["details"]?["taxes"]?[0].map { try BillingDocument.Rate($0) }
    }
}

extension BillingDocument.Rate {
    fileprivate init(_ json: JSONValue) throws {
        name = json["name"]?.stringValue ?? ""
        percent = try Rational(decimal: json["percent"]?.stringValue ?? "0")
        isInclusive = json["inclusive"] == true
        isReverseCharge = json["reverseCharge"] == true
    }
}
