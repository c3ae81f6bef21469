import StackTestSupport
import Testing

/// The documents ask for the permissions that the contract lists, operation by operation (appendix A).
@Suite struct PermissionTests {
    /// Where we accept more, each with its row in docs/compatibility.md.
    private static let additional: [String: Set<String>] = ["DELETE /billing-invoice/{invoiceId}": ["5333"]]
    /// Where we accept less, each with its row in docs/compatibility.md.
    private static let narrowed: [String: Set<String>] = ["GET /plans/{id}/subscriptions": ["7008"]]
    /// What the original has not, on paths that it has.
    private static let added: Set<String> = [
        "GET /billing-payment-source/{paymentSourceId}", "GET /billing-invoice/{invoiceId}/payments",
    ]

    @Test(arguments: WalkTests.kinds) func `permissions are those of the contract`(_ kind: TestStack.ServiceKind)
        async throws
    {
        let listed = ContractPermissions.codes(kind)
        #expect(listed.count == (kind == .subscription ? 101 : 49), "appendix A counts its operations")
        try await TestStack.run([kind]) { stack in
            let document = try await APIDocument.read(stack.client(kind))
            var documented: [String: Set<String>] = [:]
            for operation in document.operations {
                documented[operation.name] = Set(operation.permissions)
                // A token alone opens nothing but what a lead does for itself.
                if operation.security == "HTTPBearer", operation.name != "POST /leads/{id}/tenants" {
                    #expect(!operation.permissions.isEmpty, "\(operation.name)")
                }
            }
            for (name, codes) in listed {
                let wanted = codes.union(Self.additional[name] ?? []).subtracting(Self.narrowed[name] ?? [])
                #expect(documented[name] == wanted, "\(name)")
            }
            let paths = Set(listed.keys.map { String($0.drop { $0 != " " }) })
            for name in documented.keys where paths.contains(String(name.drop { $0 != " " })) {
                #expect(listed[name] != nil || Self.added.contains(name), "\(name) is not in the contract")
            }
        }
    }
}
