import Entities
import JSONCoding
import Primitives

extension Card {
    /// Reads a card that has passed its schema.
    /// - Throws: ``ValidationFailure`` that names the member which is wrong: a number without its check digit, or an expiry in the past.
    ///   The message says nothing of the values.
    init(_ body: JSONObject, at instant: Timestamp) throws(ValidationFailure) {
        let number = String((body["number"]?.stringValue ?? "").filter { $0 != " " && $0 != "-" })
        guard (12...19).contains(number.utf8.count), Self.hasCheckDigit(number) else {
            throw .invalidField("/card/number", code: "luhn", "must be the number of a card")
        }
        let expiry = CardExpiry(year: body["expiryYear"]?.intValue ?? 0, month: body["expiryMonth"]?.intValue ?? 0)
        guard !expiry.isOver(at: instant) else {
            throw .invalidField("/card/expiryYear", code: "expired", "must not lie in the past, in four digits")
        }
        self.init(
            summary: CardSummary(
                gatewayAccountID: body["gatewayAccountId"]?.stringValue, lastFour: String(number.suffix(4)),
                expiry: expiry),
            number: number, verificationCode: body["cvv"]?.stringValue ?? "")
    }

    /// The check of ISO/IEC 7812-1, annex B: from the right, every second digit counts double.
    private static func hasCheckDigit(_ number: String) -> Bool {
        var sum = 0
        for (position, byte) in number.utf8.reversed().enumerated() {
            let digit = Int(byte) - 0x30
            let weighted = position.isMultiple(of: 2) ? digit : digit * 2
            sum += weighted > 9 ? weighted - 9 : weighted
        }
        return sum.isMultiple(of: 10)
    }
}

extension PaymentSource: JSONWritable {
    /// Writes a `PaymentSourceDto`, masked as the original masks it.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("customerId", customer)
        if let card {
            writer.key("card")
            writer.beginObject()
            writer.memberIfPresent("gatewayAccountId", card.gatewayAccountID)
            writer.member("number", "**** **** **** \(card.lastFour)")
            writer.member("expiryMonth", card.expiry.month)
            writer.member("expiryYear", card.expiry.year)
            writer.member("cvv", "***")
            writer.endObject()
        }
        writer.endObject()
    }
}
