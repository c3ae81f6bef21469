import Billing
import Entities
import JSONCoding

/// An amount of the catalog in one of several currencies: `[{"currency": "EUR", "amount": "90.00"}, …]`.
enum CatalogPrice {
    /// Currencies that one thing may be paid in.
    static let maximumCount = 50

    /// An amount: at most as many decimals as any currency has.
    static let amount = Pattern(regex: "^[0-9]{1,12}(\\.[0-9]{1,4})?$") { text in
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first, (1...12).contains(whole.utf8.count) else { return false }
        guard parts.count == 1 || (1...4).contains(parts[1].utf8.count) else { return false }
        return parts.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }

    static let listSchema = Schema.array(
        of: .object(
            [
                .init(
                    "currency",
                    Schema.string(maxLength: 3, pattern: .currencyCode).described("ISO 4217").example("EUR"),
                    required: true),
                .init(
                    "amount",
                    Schema.string(maxLength: 17, pattern: amount).described(
                        "In major units, with at most as many decimals as the currency has"
                    ).example("90.00"), required: true),
            ], name: "CatalogPrice"), minItems: 1, maxItems: maximumCount)

    /// Checks a list that has passed its schema: each currency is known and there once, and its amount can be paid in it.
    /// - Parameter field: Where the list is.
    /// - Throws: ``ValidationFailure`` at the member that is wrong.
    static func check(_ list: JSONValue, at field: some EntityField) throws(ValidationFailure) {
        var seen: Set<String> = []
        for (index, price) in (list.arrayValue ?? []).enumerated() {
            let code = price["currency"]?.stringValue ?? ""
            guard let currency = try? Currency(code), currency.isKnown else {
                throw .invalidField(
                    "\(field.path)/\(index)/currency", code: "currency", "must be a currency of ISO 4217")
            }
            guard seen.insert(currency.code).inserted else {
                throw .invalidField(
                    "\(field.path)/\(index)/currency", code: "unique", "must not be in the list twice")
            }
            do {
                _ = try Money(decimal: price["amount"]?.stringValue ?? "", currency: currency)
            } catch {
                throw .invalidField("\(field.path)/\(index)/amount", code: "amount", "must be an amount: \(error)")
            }
        }
    }

    /// The amount in a currency; nil if it cannot be paid in that.
    static func amount(in code: String, of list: JSONValue) -> Money? {
        for price in list.arrayValue ?? [] where price["currency"]?.stringValue == code {
            guard let currency = try? Currency(code), let text = price["amount"]?.stringValue else { return nil }
            return try? Money(decimal: text, currency: currency)
        }
        return nil
    }
}
