import Entities
import JSONCoding

/// One side of an invoice, as the invoice has kept it.
struct InvoiceParty: Sendable, Hashable {
    var name: String
    /// A person, if the name is that of a company.
    var contact: String?
    var street: String?
    var city: String?
    var zip: String?
    var state: String?
    /// As it was entered: a code of ISO 3166 or a name.
    var country: String?
    var vatID: String?
    var taxNumber: String?
    var registration: String?
    var email: String?
    var phone: String?
    var electronicAddress: ElectronicAddress?

    /// Where documents are delivered to, such as `0088` and a number of GS1.
    struct ElectronicAddress: Sendable, Hashable {
        let scheme: String
        let id: String
    }

    /// The seller of an invoice; nil if it names none.
    init?(seller json: JSONValue?) {
        guard let json, let name = json["name"]?.stringValue else { return nil }
        self.name = name
        read(json["address"], json)
        contact = nil
        email = json["email"]?.stringValue
        phone = json["phone"]?.stringValue
    }

    /// The buyer of an invoice.
    /// - Parameter fallback: The name of one that is not known.
    init(buyer json: JSONValue?, fallback: String) {
        func text(_ name: String) -> String? {
            json?[name]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? json?["billingAddress"]?[name]?.stringValue
        }
        let person = [text("firstName"), text("lastName")].compactMap { $0 }.filter { !$0.isEmpty }.joined(
            separator: " ")
        let company = text("company").flatMap { $0.isEmpty ? nil : $0 }
        name = company ?? (person.isEmpty ? fallback : person)
        contact = company == nil || person.isEmpty ? nil : person
        let options = json?["options"] ?? .null
        read(json?["billingAddress"], options)
        street = options["street"]?.stringValue
    }

    private mutating func read(_ address: JSONValue?, _ details: JSONValue) {
        street = address?["street"]?.stringValue
        city = address?["city"]?.stringValue
        zip = address?["zip"]?.stringValue
        state = address?["state"]?.stringValue
        country = address?["country"]?.stringValue
        vatID = details["vatId"]?.stringValue
        taxNumber = details["taxNumber"]?.stringValue
        registration = details["registration"]?.stringValue
        if let scheme = details["electronicAddress"]?["scheme"]?.stringValue,
            let id = details["electronicAddress"]?["id"]?.stringValue
        {
            electronicAddress = ElectronicAddress(scheme: scheme, id: id)
        }
    }

    /// The address as it is printed.
    var addressLines: [String] {
        let place = [zip, city].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
        return [contact, street, place, state, country].compactMap { $0 }.filter { !$0.isEmpty }
    }
}
