import Testing

@testable import TenantManagement

@Suite
struct TenantKeyTests {
    @Test(arguments: [
        ("Acme", "acme"), ("Acme & Sons Ltd.", "acmesonslt"), ("Größe 7", "gre7"), ("日本", "tenant"), ("", "tenant"),
    ])
    func `the first candidate is derived from the name`(_ name: String, _ key: String) {
        #expect(TenantKey.candidate(for: name, attempt: 0) == key)
    }

    @Test func `all attempts give valid keys that differ`() {
        for name in ["Acme", "A very long company name", "日本", "x"] {
            let keys = (0..<TenantKey.maximumAttempts).map { TenantKey.candidate(for: name, attempt: $0) }
            #expect(Set(keys).count == keys.count)
            for key in keys {
                #expect((1...Tenant.maximumKeyLength).contains(key.count))
                #expect(key.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) })
            }
        }
    }
}
