import Testing

@testable import TenantManagement

@Suite struct DomainNameTests {
    @Test(
        arguments: [
            ("Mnchen-3ya", "München"), ("mnchen-3ya", "münchen"), ("55qx5d", "公司"), ("bcher-kva", "bücher"), ("", nil),
            ("a!", nil),
            ("-", nil), ("acme-", nil), ("99999999", nil),
            ("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", nil),
        ] as [(String, String?)])
    func `labels in other scripts are read`(label: String, text: String?) {
        #expect(Punycode.decode(label.utf8) == text)
    }

    @Test func `no label stops the process`() {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...63, using: &generator)
            _ = Punycode.decode((0..<count).map { _ in digits.randomElement(using: &generator) ?? 0 })
        }
    }

    @Test func `the rules of the public suffix list apply`() throws {
        let list = Array(
            """
            // com : a comment
            com
            co.uk
            *.ck
            !www.ck
            公司.cn // trailing words
            """.utf8)
        for (name, isSuffix) in [
            ("co.uk", true), ("acme.co.uk", false), ("acme.com", false), ("acme.ck", true), ("www.ck", false),
            ("a.acme.ck", false), ("xn--55qx5d.cn", true), ("a.xn--55qx5d.cn", false),
        ] {
            #expect(PublicSuffixList.contains(try #require(DomainName(name)), in: list) == isSuffix, "\(name)")
        }
    }

    @Test func `listed names are compared without case and dots at the end`() {
        #expect(DomainName.normalized("Acme.COM..") == "acme.com")
        #expect(DomainName.normalized("..") == "")
    }
}
