import HTTPTypes
import ServiceKit
import Testing

@Suite struct RequestOriginTests {
    private func allows(_ fields: HTTPFields, own: String = "https://arc.example.com") -> Bool {
        RequestOrigin(own: own, others: ["*", "https://ui.example.com"]).allows(fields)
    }

    private static let site = HTTPField.Name("Sec-Fetch-Site")

    private func site(_ text: String, origin: String? = nil) throws -> HTTPFields {
        var fields: HTTPFields = [try #require(Self.site): text]
        if let origin { fields[.origin] = origin }
        return fields
    }

    @Test func `pages of the own and of named origins may change something`() throws {
        #expect(allows([.origin: "https://arc.example.com"]))
        #expect(allows([.origin: "https://ui.example.com"]))
        #expect(allows(try site("cross-site", origin: "https://ui.example.com")))
        #expect(allows(try site("same-origin")))
        #expect(allows(try site("none")))
        #expect(allows([:]), "programs send neither")
    }

    @Test(arguments: [
        "https://evil.example", "null", "", "*", "http://arc.example.com", "https://arc.example.com:8443",
        "https://arc.example.com.evil.example", "https://ARC.example.com", "https://arc.example.com/",
    ])
    func `pages of other origins may not`(origin: String) throws {
        #expect(!allows([.origin: origin]))
        #expect(!allows(try site("same-origin", origin: origin)), "browsers do not contradict themselves")
    }

    @Test(arguments: ["cross-site", "same-site", "", "SAME-ORIGIN"])
    func `without an origin another site may not`(text: String) throws {
        #expect(!allows(try site(text)))
    }

    @Test func `several origins are none`() {
        var fields = HTTPFields()
        for _ in 0..<2 { fields.append(HTTPField(name: .origin, value: "https://arc.example.com")) }
        #expect(!allows(fields))
    }

    @Test func `in development every port of this machine may`() {
        let own = "http://127.0.0.1:3005"
        #expect(allows([.origin: "http://127.0.0.1:3005"], own: own))
        #expect(allows([.origin: "http://127.0.0.1:5173"], own: own))
        #expect(allows([.origin: "http://127.0.0.1"], own: own))
        #expect(!allows([.origin: "http://127.0.0.2:3005"], own: own))
        #expect(!allows([.origin: "http://127.0.0.1.evil.example:3005"], own: own))
        #expect(!allows([.origin: "http://127.0.0.1:3005:1"], own: own))
    }
}
