import Foundation
import Testing

@testable import Entities

@Suite struct NamePatternTests {
    private static let usual = [
        "Ann", "O'Brien", "Jean-Luc", "J.R.R. Tolkien", "Dr. Müller", "St. John", "Sammy Davis Jr.", "محمد", "שלום",
        "山田太郎", "Nguyễn Thị", "María José", "D'Angelo", "Zoë", "Lee Jr.", "A. B. C.", "👩‍💻 Ann", "Ann (Sales)",
    ]
    private static let organizations = [
        "Acme, Inc.", "AT&T", "Maersk A/S", "Booking.com", "7-Eleven", "Yahoo!", "S.p.A. Foo", "GmbH & Co. KG",
        "c/o Lee",
        "Node.js Foundation", "Smith/Jones Ltd.",
    ]
    private static let links = [
        "http://evil.example", "https://evil.example/x", "www.evil.example", "Click http://a.b", "WWW.evil.example",
        "evil.example/login", "ftp://x",
    ]
    private static let hidden = [
        "Ann\nLee", "Ann\r\nBcc: x", "Ann\u{0}", "Ann\u{7F}", "Ann\u{85}", "\u{202E}eeL", "Ann\u{2028}Lee", "\u{2066}x",
        "Ann\n", "Ann\tLee", "\u{200F}Ann", "\u{1B}[31m",
    ]

    @Test(arguments: usual) func `usual names are accepted for persons and organizations`(_ name: String) {
        #expect(Pattern.personName.matches(name) && Pattern.organizationName.matches(name))
    }

    @Test(arguments: organizations) func `usual names of organizations are accepted`(_ name: String) {
        #expect(Pattern.organizationName.matches(name))
    }

    @Test(arguments: links + hidden) func `links and characters that nobody sees are refused`(_ name: String) {
        #expect(!Pattern.personName.matches(name) && !Pattern.organizationName.matches(name))
    }

    @Test(arguments: ["evil.example", "ann@evil.example", "Visit evil.com now", "192.168.10.20"])
    func `text that a mail program turns into a link is not a person's name`(_ name: String) {
        #expect(!Pattern.personName.matches(name))
    }

    /// The documents promise exactly what is checked.
    @Test(arguments: usual + organizations + links + hidden + ["evil.example", "a.bc", ".bc", "a.b", "a. bc", "www."])
    func `the regular expressions say the same`(_ name: String) throws {
        for pattern in [Pattern.personName, .organizationName] {
            let regex = try NSRegularExpression(pattern: pattern.regex)
            let range = NSRange(name.startIndex..., in: name)
            #expect((regex.firstMatch(in: name, range: range) != nil) == pattern.matches(name), "\(pattern.regex)")
        }
    }
}
