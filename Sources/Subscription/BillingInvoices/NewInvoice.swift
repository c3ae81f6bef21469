import Billing
import Entities
import JSONCoding

/// The body of `POST /billing-invoice`.
struct NewInvoice: Sendable, Hashable {
    /// The provider's id of the customer, or the internal id.
    let customer: String
    let currency: Currency
    let charges: [BillingCharge]
    /// The sum of the charges, in minor units.
    let total: Int64
    let details: InvoiceChanges

    /// Reads a body that has passed ``InvoiceSchemas/new``.
    /// - Throws: ``ValidationFailure`` at the charge whose amount is no whole number of minor units, or when the charges sum up to less
    ///   than nothing.
    init(_ body: JSONObject) throws(ValidationFailure) {
        guard let customer = body["customerId"]?.stringValue else { throw .required("", "customerId") }
        guard let code = body["currencyCode"]?.stringValue, let currency = try? Currency(code) else {
            throw .required("", "currencyCode")
        }
        let charges = try [BillingCharge](json: body["charges"])
        do {
            let total = try Money.sum(
                charges.map { Money(minorUnits: $0.amount, currency: currency) }, in: currency)
            guard !total.isNegative else { throw BillingError.invalidAmount }
            self.total = total.minorUnits
        } catch {
            throw .invalidField("/charges", code: "minimum", "must have a sum that can be paid")
        }
        self.customer = customer
        self.currency = currency
        self.charges = charges
        details = InvoiceChanges(options: body["options"], shippingAddress: body["shippingAddress"])
    }
}

extension [BillingCharge] {
    /// Reads charges that have passed their schema; none when there are none.
    /// - Throws: ``ValidationFailure`` at the charge whose amount is no whole number of minor units.
    init(json: JSONValue?) throws(ValidationFailure) {
        self.init()
        for (index, item) in (json?.arrayValue ?? []).enumerated() {
            guard let amount = item["amount"]?.minorUnits else {
                throw .invalidField(
                    "/charges/\(index)/amount", code: "multipleOf", "must be a whole number of minor units")
            }
            append(BillingCharge(amount: amount, description: item["description"]?.stringValue ?? ""))
        }
    }
}
