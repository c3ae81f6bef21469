/// Why Chargebee has declined a payment, in the words of card networks where it can be told.
enum ChargebeeDecline {
    static let unknown = "card_declined"

    /// - Parameters:
    ///   - cause: Chargebee's own word, such as `gateway.general.decline`.
    ///   - message: It may have the gateway's code in parentheses. Nothing else of it is used.
    static func code(cause: String?, message: String?) -> String {
        if let code = codeOfGateway(message) { return code }
        guard let cause, (3...100).contains(cause.utf8.count), cause.utf8.allSatisfy({ isWord($0) || $0 == dot }) else {
            return unknown
        }
        let last = cause.split(separator: ".").last.map(String.init) ?? cause
        let words = Set(last.split(separator: "_"))
        if last == "low_balance" || words.isSuperset(of: ["insufficient", "funds"]) { return "insufficient_funds" }
        if words.contains("card") {
            if words.contains("expired") { return "expired_card" }
            if words.contains("lost") { return "lost_card" }
            if words.contains("stolen") { return "stolen_card" }
        }
        return cause == "gateway.general.decline" ? unknown : cause
    }

    /// `(expired_card) Your card has expired.`
    private static func codeOfGateway(_ message: String?) -> String? {
        guard let message, let start = message.firstIndex(of: "("),
            let end = message[start...].firstIndex(of: ")")
        else { return nil }
        let code = message[message.index(after: start)..<end]
        guard (4...60).contains(code.utf8.count), code.utf8.allSatisfy(isWord), code.contains("_") else { return nil }
        return String(code)
    }

    private static let dot = UInt8(ascii: ".")

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
    }
}
