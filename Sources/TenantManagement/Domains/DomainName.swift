import DNSClient
import Entities
import JSONCoding

/// A mail domain in the form in which domains are stored and compared: lower case, without the dot at its end, and with the
/// ASCII form of labels in other scripts (`xn--…`).
struct DomainName: Sendable, Hashable {
    let text: String
    /// Where the proof is looked for.
    let record: DNSName

    /// The name of the record that proves a domain. An underscore cannot be a label of a host, so nobody who may register
    /// hosts under the domain can register this name.
    static let recordLabel = "_arc-verification"

    /// Room for the label of the record.
    static let maximumLength = 253 - (recordLabel.utf8.count + 1)

    static let schema = Schema.string(maxLength: maximumLength, format: .hostname)
        .described("In ASCII: labels in other scripts as xn--…").example("acme.com")

    /// Nil for a text that is not the name of a domain in which hosts can be registered.
    init?(_ input: String) {
        guard let name = DNSName(input), let record = DNSName("\(Self.recordLabel).\(name.text)") else { return nil }
        let labels = name.text.utf8.split(separator: UInt8(ascii: "."))
        guard labels.count >= 2, labels.allSatisfy(Self.isHostLabel), let last = labels.last, last.count >= 2,
            // The last label of an IPv4 address is a number.
            !last.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        text = name.text
        self.record = record
    }

    /// The name as `tenants.domains` lists it, whatever it is: see `main.domain_name` in migration 25.
    static func normalized(_ listed: String) -> String {
        var text = listed.lowercased()[...]
        while text.last == "." { text.removeLast() }
        return String(text)
    }

    /// The labels as people read them.
    var unicodeLabels: [String] {
        text.utf8.split(separator: UInt8(ascii: ".")).map { label in
            Self.encodedPart(of: label).flatMap { Punycode.decode($0) } ?? String(decoding: label, as: UTF8.self)
        }
    }

    private static let asciiPrefix = "xn--"

    private static func encodedPart(of label: Substring.UTF8View.SubSequence) -> Substring.UTF8View.SubSequence? {
        label.starts(with: asciiPrefix.utf8) ? label.dropFirst(asciiPrefix.utf8.count) : nil
    }

    /// Hyphens in the third and fourth place announce another alphabet, which has to be readable (RFC 5891 section 4.2.3.1).
    private static func isHostLabel(_ label: Substring.UTF8View.SubSequence) -> Bool {
        let hyphen = UInt8(ascii: "-")
        guard label.first != hyphen, label.last != hyphen, !label.contains(UInt8(ascii: "_")) else { return false }
        if let encoded = encodedPart(of: label) { return Punycode.decode(encoded) != nil }
        return !label.dropFirst(2).starts(with: [hyphen, hyphen])
    }
}
