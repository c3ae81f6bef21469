import Billing
import JSONCoding

/// What is sent to Chargebee about customers and invoices, and read of them.
extension ChargebeeBilling {
    /// Members of a customer, ours and Chargebee's.
    private static let names = [
        ("firstName", "first_name"), ("lastName", "last_name"), ("email", "email"), ("company", "company"),
        ("phone", "phone"),
    ]
    private static let address = names + [("city", "city"), ("state", "state"), ("zip", "zip"), ("country", "country")]

    static func add(_ details: CustomerDetails, to form: inout ProviderForm) {
        addNames(details, to: &form)
        addAddress(details.members["billingAddress"], "billing_address", to: &form)
    }

    static func addNames(_ details: CustomerDetails, to form: inout ProviderForm) {
        for (ours, theirs) in names { form.add(theirs, details.members[ours]?.stringValue) }
    }

    /// - Parameter name: Which address it is.
    static func addAddress(_ value: JSONValue?, _ name: String, to form: inout ProviderForm) {
        for (ours, theirs) in address {
            let text = value?[ours]?.stringValue
            // Chargebee knows countries by two letters.
            form.add("\(name)[\(theirs)]", theirs == "country" && text?.utf8.count != 2 ? nil : text)
        }
    }

    static func details(of customer: JSONValue) -> CustomerDetails {
        func members(_ names: [(String, String)], _ object: JSONValue) -> JSONObject {
            JSONObject(
                names.compactMap { ours, theirs in
                    object[theirs]?.stringValue.flatMap { $0.isEmpty ? nil : (ours, .string($0)) }
                })
        }
        return CustomerDetails(members: members(names, customer))
    }

    /// Where the API has a member that Chargebee calls so.
    static func path(ofParameter parameter: String?) -> String? {
        guard let parameter else { return nil }
        if let name = names.first(where: { $0.1 == parameter }) { return "/\(name.0)" }
        let nested = address.first { "billing_address[\($0.1)]" == parameter }
        return nested.map { "/billingAddress/\($0.0)" }
    }

    /// The members of an invoice of lines; what lowers it is one discount.
    static func add(_ invoice: DraftInvoice, to form: inout ProviderForm) throws(BillingProviderError) {
        let lines = try invoice.providerLines(length: 250, ChargebeeAmount.units)
        let charges = lines.filter { $0.units > 0 }
        guard !charges.isEmpty, invoice.total.minorUnits > 0 else {
            throw .refused("An invoice without an amount to pay cannot be made at the billing provider.")
        }
        for (index, line) in charges.enumerated() { add(line.units, line.text, index, to: &form) }
        let discount = lines.reduce(0) { $0 + min($1.units, 0) }
        if discount < 0 {
            form.add("discounts[apply_on][0]", "invoice_amount")
            form.add("discounts[amount][0]", String(-discount))
        }
    }

    /// A charge of an invoice. Taxes are computed here, not there.
    static func add(_ units: Int64, _ text: String, _ index: Int, to form: inout ProviderForm) {
        form.add("charges[amount][\(index)]", String(units))
        form.add("charges[description][\(index)]", text)
        form.add("charges[taxable][\(index)]", "false")
    }
}
