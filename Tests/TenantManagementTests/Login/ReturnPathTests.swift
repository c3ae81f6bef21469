import Testing

@testable import TenantManagement

@Suite struct ReturnPathTests {
    @Test(arguments: [
        "/", "/tenants", "/tenants/", "/a/b?c=d&e=//x", "/a?next=https://example.com", "/a#b", "/%20", "/a%2Fb",
        "/auth/session", "/auth/login2", "/.well-known/x",
    ])
    func `a path of this host is returned to`(text: String) {
        #expect(ReturnPath(text)?.text == text)
    }

    @Test(arguments: [
        "", "x", "evil.example", "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example",
        "\\/evil",
        "\\\\evil", "/a\\b", " //evil", "/\t/evil", "/\n/evil", "/\r\nSet-Cookie: a=b", "/\u{0}", "/é", "/a b",
        "/\u{7F}",
        "javascript:alert(1)", "/a//b", "//", "/./evil", "/..//evil", "/a/../b", "/%2e%2e/a", "/%2E/a", "/.", "/..",
        "/auth/login", "/auth/login?returnTo=/", "/auth/callback?code=1", "?a", "#a", "/\u{2028}", "@evil.example",
        "http:/evil", "/" + String(repeating: "a", count: 512),
    ])
    func `everything else is refused`(text: String) {
        #expect(ReturnPath(text) == nil)
    }
}
