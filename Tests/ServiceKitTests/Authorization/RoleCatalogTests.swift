import Testing

@testable import ServiceKit

@Suite
struct RoleCatalogTests {
    private let catalog = RoleCatalog.builtIn

    @Test func `all built-in roles exist, for the audience that their names promise`() {
        let audiences: [String: Role.Audience] = [
            "SuperAdmin": .operator, "Operator": .operator, "Support": .operator, "Billing": .operator,
            "Marketplace": .operator, "TenantAdmin": .tenant, "TenantViewer": .tenant,
        ]
        #expect(Set(Role.builtIn.map(\.name)) == Set(audiences.keys))
        for (name, audience) in audiences {
            #expect(catalog.role(named: name)?.audience == audience)
            #expect(!catalog.permissions(of: [name], for: audience).isEmpty)
        }
    }

    @Test func `built-in roles have codes of the catalog only, and one of them has all`() {
        let known = Set(PermissionCatalog.all)
        for role in Role.builtIn { #expect(role.permissions.isSubset(of: known), "\(role.name)") }
        #expect(catalog.permissions(of: ["SuperAdmin"], for: .operator) == known)
    }

    @Test func `no built-in role but the first one manages roles, erases or sees secrets of webhooks of all tenants`() {
        let reserved: Set<String> = [
            PermissionCatalog.manageRoles, PermissionCatalog.eraseTenant, PermissionCatalog.viewWebhookSecret,
            PermissionCatalog.deleteTenant,
        ]
        for role in Role.builtIn where role.name != "SuperAdmin" && role.audience == .operator {
            #expect(role.permissions.isDisjoint(with: reserved), "\(role.name)")
        }
    }

    @Test func `a role of another audience gives nothing`() {
        for role in Role.builtIn {
            for audience in Role.Audience.allCases where audience != role.audience {
                #expect(catalog.permissions(of: [role.name], for: audience).isEmpty, "\(role.name) \(audience)")
            }
            #expect(catalog.permissions(of: [role.name], for: nil).isEmpty, "\(role.name) of a lead")
        }
        let both = catalog.permissions(of: ["SuperAdmin", "TenantViewer"], for: .tenant)
        #expect(both == catalog.permissions(of: ["TenantViewer"], for: .tenant))
    }

    @Test(arguments: [
        "", "superadmin", "SUPERADMIN", " SuperAdmin", "SuperAdmin ", "SuperAdmin\0", "Ѕuреrаdmin",
        "Super\u{200B}Admin",
        "Ｓｕｐｅｒ", "SuperAdmin\u{301}", "*", "lead", "Nobody",
    ])
    func `unknown names and look-alikes give nothing`(_ name: String) {
        for audience in Role.Audience.allCases {
            #expect(catalog.permissions(of: [name], for: audience).isEmpty)
        }
    }

    @Test func `characters that Swift compares as equal do not name a role`() {
        let catalog = RoleCatalog(own: [Role("Kit", .operator, permissions: ["1"])])
        #expect("\u{212A}it" == "Kit")
        #expect(catalog.permissions(of: ["\u{212A}it"], for: .operator).isEmpty)
        #expect(catalog.permissions(of: ["Kit"], for: .operator) == ["1"])
    }

    @Test func `several roles give what they allow together`() {
        let catalog = RoleCatalog(
            file: [Role("One", .operator, permissions: ["1", "2"])],
            own: [Role("Two", .operator, permissions: ["2", "3"])])
        #expect(catalog.permissions(of: ["One", "Nobody", "Two", "One"], for: .operator) == ["1", "2", "3"])
        #expect(catalog.permissions(of: [], for: .operator).isEmpty)
    }

    @Test func `a built-in role cannot be replaced, and a role of the file only by itself`() {
        let catalog = RoleCatalog(
            file: [Role("support", .operator, permissions: ["1"]), Role("Mine", .operator, permissions: ["1"])],
            own: [Role("SUPERADMIN", .tenant, permissions: ["1"]), Role("MINE", .operator, permissions: ["2"])])
        #expect(catalog.role(named: "support") == nil)
        #expect(catalog.role(named: "SUPERADMIN") == nil)
        #expect(catalog.role(named: "MINE") == nil)
        #expect(catalog.permissions(of: ["Mine"], for: .operator) == ["1"])
    }

    @Test func `names consist of ASCII letters, digits and four signs`() {
        for name in ["A", "Read-Only", "a.b:c_d-9", String(repeating: "x", count: 64)] { #expect(Role.isName(name)) }
        let wrong = [
            "", "1a", "-a", "a b", "a/b", "ä", "aä", "a\n", "a\0", "a*", String(repeating: "x", count: 65),
        ]
        for name in wrong { #expect(!Role.isName(name), "\(name)") }
        for name in ["superadmin", "SuperAdmin", "LEAD", "tenantViewer"] { #expect(Role.isReserved(name)) }
        #expect(!Role.isReserved("Leader"))
    }
}
