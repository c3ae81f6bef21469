import Entities
import Foundation
import JSONCoding
import StackTestSupport
import Subscription
import TenantManagement
import Testing

/// What people know something by can be seen, in every entity.
@Suite struct VisibleNameTests {
    static let blanks = [
        "", " ", "   ", "\t\n", "\u{A0}", "\u{3000}", "\u{200B}", "\u{2060}", "\u{FEFF}", "\u{AD}", "\u{115F}",
        "\u{3164}",
        "\u{FFA0}", "\u{2800}", "\u{202E}\u{2066}", "\u{301}\u{302}", "\u{E0041}", "\u{180E}", "\u{FE0F}", "\u{85}",
        " \u{200B}\u{3000} ",
    ]
    static let visible = ["a", " a ", "\u{200B}x", "名", "é", "e\u{301}", "\u{1F600}", "שלום", "-", "०", "ک"]

    private static let names: Set<String> = [
        "key", "featureKey", "strategyKey", "configKey", "tier", "size", "company", "symbol", "externalIdentifier",
    ]

    private static func isName(_ field: String) -> Bool {
        field == "name" || field.hasSuffix("Name") || names.contains(field)
    }

    @Test func `every name of every entity must be visible`() throws {
        var checked = 0
        for entity in try TenantManagementCatalog.make().entities + SubscriptionCatalog.make().entities {
            for field in entity.fields
            where field.type == .string && field.access == .readWrite && Self.isName(field.name) {
                checked += 1
                for text in Self.blanks {
                    let details = field.schema.validate(.string(text))
                    #expect(
                        details.contains { $0.code == "pattern" }, "\(entity.name).\(field.name) \(text.unicodeScalars)"
                    )
                }
            }
        }
        #expect(checked >= 20)
    }

    @Test func `the pattern of the documents says the same`() {
        // Foundation matches code points, as ECMA 262 does with the flag `u`; Swift's own expressions match characters.
        func fits(_ text: String) -> Bool {
            text.range(of: Pattern.visibleText.regex, options: .regularExpression) != nil
        }
        for text in Self.blanks {
            // The documents leave out what lies beyond U+FFFF.
            let isBeyond = text.unicodeScalars.contains { $0.value > 0xFFFF }
            #expect(!Pattern.visibleText.matches(text) && fits(text) == isBeyond, "\(text.unicodeScalars)")
        }
        for text in Self.visible { #expect(Pattern.visibleText.matches(text) && fits(text), "\(text.unicodeScalars)") }
        #expect(!fits("a\0"))
    }

    @Test func `a blank name is a 422 with the field`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let tenant = try await stack.createTenantID()
            for blank in ["   ", "\u{A0}", "\u{3000}", "\u{200B}"] {
                var body = TestStack.tenantBody()
                body["name"] = .string(blank)
                let created = try await stack.tenantManagement.post("/tenants", .object(body), token: stack.admin)
                #expect(created.status == 422 && created.violations == ["/name: pattern"], "\(created.text)")
                let renamed = try await stack.tenantManagement.patch(
                    "/tenants/\(tenant)", ["name": .string(blank)], token: stack.admin)
                #expect(renamed.status == 422 && renamed.violations == ["/name: pattern"])
                let service = try await stack.subscription.post(
                    "/services", ["name": .string(blank)], token: stack.admin)
                #expect(service.status == 422 && service.violations == ["/name: pattern"])
            }
        }
    }
}
