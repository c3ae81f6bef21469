import HTTPTypes
import ServiceKit
import Testing

@Suite struct CookieHeaderTests {
    private static let name = "__Host-arc-session"

    private func find(_ headers: String...) -> CookieHeader.Lookup {
        var fields = HTTPFields()
        for header in headers { fields.append(HTTPField(name: .cookie, value: header)) }
        return CookieHeader.find(Self.name, in: fields)
    }

    @Test func `a cookie is found among others`() {
        #expect(find("a=1; \(Self.name)=x; b=2") == .value("x"))
        #expect(find("\(Self.name)=x") == .value("x"))
        #expect(find("a=1;\(Self.name)=x") == .value("x"))
        #expect(find("a=1", "b=2;  \(Self.name)=x \t") == .value("x"))
        #expect(find("\(Self.name)=") == .value(""))
        #expect(find("\(Self.name)=a=b") == .value("a=b"))
    }

    @Test(arguments: [
        "", ";", "=", "a", "__Host-arc-session", "__host-arc-session=x", "x__Host-arc-session=x", "__Host-arc-sessio=x",
        "__Host-arc-session2=x", "__Host-arc-session =x", "a=__Host-arc-session=x", "\"__Host-arc-session\"=x",
    ])
    func `other names are not the cookie`(header: String) {
        #expect(find(header) == .absent)
    }

    @Test func `several cookies of the name are none`() {
        #expect(find("\(Self.name)=x; \(Self.name)=x") == .several)
        #expect(find("\(Self.name)=x", "\(Self.name)=y") == .several)
        #expect(find("\(Self.name)=; \(Self.name)=y") == .several)
        #expect(CookieHeader.find(Self.name, in: [:]) == .absent)
    }

    @Test func `a huge header is read`() {
        let many = (0..<5000).map { "c\($0)=\($0)" }.joined(separator: "; ")
        #expect(find("\(many); \(Self.name)=x") == .value("x"))
        #expect(find(String(repeating: ";", count: 80_000)) == .absent)
    }
}
