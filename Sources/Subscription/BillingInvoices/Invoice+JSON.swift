import Billing
import Entities
import JSONCoding

extension DraftInvoice {
    /// Reads the money of a body that has passed ``InvoiceSchemas/new``.
    /// - Throws: ``ValidationFailure`` at the charge whose amount is no whole number of minor units, or when the charges sum up
    ///   to less than nothing.
    init(billing body: JSONObject) throws(ValidationFailure) {
        guard let code = body["currencyCode"]?.stringValue, let currency = try? Currency(code) else {
            throw .required("", "currencyCode")
        }
        let lines = try [InvoiceLine](charges: body["charges"], in: currency)
        guard let invoice = try? DraftInvoice(currency: currency, lines: lines), !invoice.total.isNegative else {
            throw .invalidField("/charges", code: "minimum", "must have a sum that can be paid")
        }
        self = invoice
    }
}

extension [InvoiceLine] {
    /// Reads charges that have passed their schema; a body without charges has no lines.
    /// - Throws: ``ValidationFailure`` at the charge whose amount is no whole number of minor units.
    init(charges: JSONValue?, in currency: Currency) throws(ValidationFailure) {
        self.init()
        for (index, item) in (charges?.arrayValue ?? []).enumerated() {
            guard let amount = item["amount"]?.minorUnits else {
                throw .invalidField(
                    "/charges/\(index)/amount", code: "multipleOf", "must be a whole number of minor units")
            }
            append(
                InvoiceLine(
                    description: item["description"]?.stringValue ?? "",
                    amount: Money(minorUnits: amount, currency: currency)))
        }
    }
}

extension InvoiceDetails {
    /// Reads the members of a body that are not money.
    init(_ body: JSONObject) {
        self.init(options: body["options"], shippingAddress: body["shippingAddress"])
    }
}

extension BillingInvoice {
    /// As the API shows it (`InvoiceDto`): what is not known is left out.
    /// - Parameters:
    ///   - id: Our id of it.
    ///   - customer: The provider's id of the customer.
    func json(id: String, customer: String?) -> JSONObject {
        var json: JSONObject = ["id": .string(id)]
        json["customerId"] = customer.map { .string($0) }
        json["currencyCode"] = contents.map { .string($0.currency.code) }
        json["options"] = details.options
        json["shippingAddress"] = details.shippingAddress
        json["charges"] = .array(
            (contents?.lines ?? []).map { line in
                ["amount": .integer(line.amount.minorUnits), "description": .string(line.description)]
            })
        json["status"] = status.map { .string($0.rawValue) }
        return json
    }

    /// Whether the charges of a body are those of the invoice.
    /// - Throws: ``ValidationFailure`` at the charge whose amount is no whole number of minor units.
    func hasCharges(_ charges: JSONValue) throws(ValidationFailure) -> Bool {
        guard let contents else { return charges.arrayValue?.isEmpty == true }
        let given = try [InvoiceLine](charges: charges, in: contents.currency)
        return given.count == contents.lines.count
            && zip(given, contents.lines).allSatisfy { $0.amount == $1.amount && $0.description == $1.description }
    }
}
