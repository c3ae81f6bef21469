package import Billing

/// An invoice or credit note in the terms of EN 16931: what the formats of electronic invoices have in common. Its sums
/// follow from its lines, as the standard has it.
package struct ElectronicInvoice: Sendable, Hashable {
    /// Which of the two it is.
    package enum Kind: Sendable, Hashable {
        case invoice
        case creditNote

        /// The code of the document type (UNTDID 1001).
        var code: String {
            switch self {
            case .invoice: "380"
            case .creditNote: "381"
            }
        }
    }

    /// How a line is taxed (UNTDID 5305).
    package enum Category: String, Sendable, Hashable {
        case standard = "S"
        case zero = "Z"
        case exempt = "E"
        case reverseCharge = "AE"
        case notSubject = "O"
    }

    /// A category with its rate.
    package struct Tax: Sendable, Hashable {
        package let category: Category
        /// In percent; zero but for `standard`.
        package let percent: Rational

        package init(_ category: Category, percent: Rational = .zero) {
            self.category = category
            self.percent = percent
        }
    }

    /// The seller or the buyer.
    package struct Party: Sendable, Hashable {
        package var name: String
        package var street: String?
        package var city: String?
        package var zip: String?
        package var state: String?
        /// ISO 3166.
        package var country: String
        package var vatID: String?
        /// The number of a tax office, without being a VAT id.
        package var taxNumber: String?
        package var registration: String?
        package var email: String?
        package var phone: String?
        package var endpoint: Endpoint?

        package init(name: String, country: String) {
            self.name = name
            self.country = country
        }
    }

    /// Where a party gets its documents.
    package struct Endpoint: Sendable, Hashable {
        /// Of the list EAS, such as `0088`.
        package let scheme: String
        package let id: String

        package init(scheme: String, id: String) {
            self.scheme = scheme
            self.id = id
        }
    }

    /// What is billed.
    package struct Line: Sendable, Hashable {
        package var name: String
        package var description: String?
        package var period: BillingPeriod?
        /// Without tax.
        package var net: Money
        package var tax: Tax

        package init(name: String, description: String? = nil, period: BillingPeriod? = nil, net: Money, tax: Tax) {
            self.name = name
            self.description = description
            self.period = period
            self.net = net
            self.tax = tax
        }
    }

    /// A discount on lines of one tax.
    package struct Allowance: Sendable, Hashable {
        /// Without tax.
        package var amount: Money
        package var tax: Tax

        package init(amount: Money, tax: Tax) {
            self.amount = amount
            self.tax = tax
        }
    }

    /// The tax of all lines of one kind.
    package struct Subtotal: Sendable, Hashable {
        package let tax: Tax
        package let taxable: Money
        package let amount: Money

        package init(tax: Tax, taxable: Money, amount: Money) {
            self.tax = tax
            self.taxable = taxable
            self.amount = amount
        }
    }

    /// Where payments go.
    package struct Account: Sendable, Hashable {
        package let iban: String
        package let bic: String?
        package let name: String?

        package init(iban: String, bic: String? = nil, name: String? = nil) {
            self.iban = iban
            self.bic = bic
            self.name = name
        }
    }

    /// The invoice that a credit note corrects.
    package struct Reference: Sendable, Hashable {
        package let number: String
        package let issuedOn: CalendarDate?

        package init(number: String, issuedOn: CalendarDate?) {
            self.number = number
            self.issuedOn = issuedOn
        }
    }

    package var kind: Kind
    package var number: String
    package var issuedOn: CalendarDate
    package var dueOn: CalendarDate?
    package var currency: Currency
    package var note: String?
    package var buyerReference: String?
    package var corrected: Reference?
    package var seller: Party
    package var buyer: Party
    package var lines: [Line]
    package var allowances: [Allowance]
    package var subtotals: [Subtotal]
    /// What was paid before, by account credit.
    package var prepaid: Money
    package var paymentTerms: String?
    package var account: Account?
    /// Why lines without tax have none.
    package var exemptionReason: String?

    package init(
        kind: Kind, number: String, issuedOn: CalendarDate, currency: Currency, seller: Party, buyer: Party,
        lines: [Line], allowances: [Allowance] = [], subtotals: [Subtotal]
    ) {
        self.kind = kind
        self.number = number
        self.issuedOn = issuedOn
        self.currency = currency
        self.seller = seller
        self.buyer = buyer
        self.lines = lines
        self.allowances = allowances
        self.subtotals = subtotals
        prepaid = .zero(currency)
    }
}

// The sums of the standard (BR-CO-10 to BR-CO-16).
extension ElectronicInvoice {
    /// BT-106.
    package var lineTotal: Money { get throws(BillingError) { try .sum(lines.map(\.net), in: currency) } }
    /// BT-107.
    package var allowanceTotal: Money {
        get throws(BillingError) { try .sum(allowances.map(\.amount), in: currency) }
    }
    /// BT-109.
    package var withoutTax: Money { get throws(BillingError) { try lineTotal.subtracting(allowanceTotal) } }
    /// BT-110.
    package var taxTotal: Money { get throws(BillingError) { try .sum(subtotals.map(\.amount), in: currency) } }
    /// BT-112.
    package var withTax: Money { get throws(BillingError) { try withoutTax.adding(taxTotal) } }
    /// BT-115.
    package var payable: Money { get throws(BillingError) { try withTax.subtracting(prepaid) } }

    /// Whether the parties give their tax numbers: an invoice that is not subject to VAT has none (BR-O-02).
    var namesTaxIDs: Bool { !lines.contains { $0.tax.category == .notSubject } }

    /// The code of the payment means (UNTDID 4461): a SEPA credit transfer for euros, otherwise any credit transfer.
    var paymentMeans: String { currency.code == "EUR" ? "58" : "30" }

    /// The text of why a tax is not charged, for categories that need one.
    func reason(of category: Category) -> String? {
        switch category {
        case .standard, .zero: nil
        case .reverseCharge: "Reverse charge"
        case .exempt: exemptionReason ?? "Exempt from VAT"
        case .notSubject: exemptionReason ?? "Not subject to VAT"
        }
    }

    /// The same as a code of the list VATEX.
    func reasonCode(of category: Category) -> String? {
        switch category {
        case .reverseCharge: "VATEX-EU-AE"
        case .notSubject: "VATEX-EU-O"
        case .standard, .zero, .exempt: nil
        }
    }
}

// A price is never negative (BR-27), so that of a line below zero has the quantity -1.
extension ElectronicInvoice.Line {
    /// BT-129.
    var quantity: String { net.isNegative ? "-1" : "1" }
    /// BT-146.
    var price: Money { Money(minorUnits: abs(net.minorUnits), currency: net.currency) }
}
