import FoundationEssentials
import JSONCoding

/// Who bills, as a file describes it. Every invoice keeps what it said on the day of issue.
struct InvoiceSeller: Sendable, Hashable {
    /// As invoices keep it.
    let json: JSONValue
    let logo: SellerLogo?

    /// Why a description cannot be used: a pointer into it, and the reason.
    struct Mistake: Error, Sendable, Hashable, CustomStringConvertible {
        let pointer: String
        let reason: String

        var description: String { "\(pointer) \(reason)" }
    }

    private static let maximumBytes = 64 << 10

    /// Reads a file.
    /// - Throws: ``Mistake``.
    init(file path: String) throws(Mistake) {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
            throw Mistake(pointer: path, reason: "cannot be read")
        }
        guard data.count <= Self.maximumBytes else { throw Mistake(pointer: path, reason: "is larger than 64 KiB") }
        guard let json = try? JSONValue.parse(Array(data)) else { throw Mistake(pointer: path, reason: "is not JSON") }
        try self.init(json, in: URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }

    /// - Parameter folder: Where the description is, for the paths in it.
    /// - Throws: ``Mistake`` at the first member that is missing, unknown or malformed.
    init(_ json: JSONValue, in folder: String = ".") throws(Mistake) {
        try Self.check(json, "", texts: Self.texts, objects: ["address", "electronicAddress", "bank"])
        try Self.require(json, "", ["name", "address"])
        let address = json["address"] ?? .null
        try Self.check(address, "/address", texts: Self.addressTexts, objects: [])
        try Self.require(address, "/address", ["city", "country"])
        guard let country = address["country"]?.stringValue, Self.isCountry(country) else {
            throw Mistake(pointer: "/address/country", reason: "must be two capital letters, as in ISO 3166")
        }
        if let endpoint = json["electronicAddress"] {
            try Self.check(endpoint, "/electronicAddress", texts: ["scheme": 10, "id": 100], objects: [])
            try Self.require(endpoint, "/electronicAddress", ["scheme", "id"])
        }
        if let bank = json["bank"] {
            try Self.check(bank, "/bank", texts: ["iban": 34, "bic": 11, "name": 255], objects: [])
            try Self.require(bank, "/bank", ["iban"])
            guard let iban = bank["iban"]?.stringValue, Self.isIBAN(iban) else {
                throw Mistake(pointer: "/bank/iban", reason: "must be an IBAN without spaces, with its check digits")
            }
        }
        if let vat = json["vatId"]?.stringValue, !Self.isVATID(vat) {
            throw Mistake(pointer: "/vatId", reason: "must begin with the two letters of its country")
        }
        guard let path = json["logo"]?.stringValue, var members = json.objectValue else {
            (self.json, logo) = (json, nil)
            return
        }
        let logo = try SellerLogo(file: path, in: folder)
        members["logo"] = .string(logo.hash)
        (self.json, self.logo) = (.object(members), logo)
    }

    private static let texts = [
        "name": 255, "vatId": 30, "taxNumber": 50, "registration": 100, "email": 320, "phone": 50, "paymentTerms": 500,
        "exemptionReason": 500, "footer": 255, "logo": 1000,
    ]
    private static let addressTexts = ["street": 255, "city": 255, "zip": 50, "state": 255, "country": 2]

    private static func check(
        _ value: JSONValue, _ pointer: String, texts: [String: Int], objects: Set<String>
    ) throws(Mistake) {
        guard let members = value.objectValue else { throw Mistake(pointer: pointer, reason: "must be an object") }
        for (name, member) in members {
            let pointer = "\(pointer)/\(name)"
            if objects.contains(name) {
                guard member.objectValue != nil else { throw Mistake(pointer: pointer, reason: "must be an object") }
                continue
            }
            guard let limit = texts[name] else { throw Mistake(pointer: pointer, reason: "is not known") }
            guard let text = member.stringValue, !text.isEmpty, text.utf8.count <= limit else {
                throw Mistake(pointer: pointer, reason: "must be a text of 1 to \(limit) bytes")
            }
        }
    }

    private static func require(_ value: JSONValue, _ pointer: String, _ names: [String]) throws(Mistake) {
        for name in names where value[name] == nil {
            throw Mistake(pointer: "\(pointer)/\(name)", reason: "is required")
        }
    }

    /// Whether a text is two capital letters.
    static func isCountry(_ text: String) -> Bool {
        text.utf8.count == 2 && text.utf8.allSatisfy { (0x41...0x5A).contains($0) }
    }

    private static func isVATID(_ text: String) -> Bool {
        text.utf8.count > 3 && isCountry(String(text.prefix(2)))
    }

    /// Whether a text has the form of an IBAN and its check digits (ISO 13616).
    static func isIBAN(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (15...34).contains(bytes.count) else { return false }
        var remainder = 0
        for byte in bytes[4...] + bytes[..<4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): remainder = (remainder * 10 + Int(byte) - 0x30) % 97
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): remainder = (remainder * 100 + Int(byte) - 0x41 + 10) % 97
            default: return false
            }
        }
        return remainder == 1
    }
}
