import Primitives
import StackTestSupport

/// Which permissions the original's operations need, read from appendix A of the contract.
enum ContractPermissions {
    /// What a cell says that names no codes.
    static let none = "none"

    /// Codes by operation, such as `GET /contacts`; empty for those that need no permission.
    static func codes(_ kind: TestStack.ServiceKind) -> [String: Set<String>] {
        let methods = ["GET", "POST", "PATCH", "PUT", "DELETE"]
        var codes: [String: Set<String>] = [:]
        for line in (kind == .subscription ? subscription : tenantManagement).split(separator: "\n") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingSpaces() }
            for (method, cell) in zip(methods, cells.dropFirst()) where !cell.isEmpty {
                let words = cell.split(separator: " ").map(String.init).filter { $0 != "or" && $0 != none }
                codes["\(method) \(cells[0])"] = Set(words)
            }
        }
        return codes
    }

    /// path | GET | POST | PATCH | PUT | DELETE; `none` also for what a key or a signature opens.
    private static let tenantManagement = """
        / | none |  |  |  |
        /contacts | 10211 | 10208 | 10209 |  |
        /contacts/count | 10211 |  |  |  |
        /contacts/{id} | 10211 |  | 10209 | 10209 | 10210
        /invoices | 10215 | 10212 | 10213 |  |
        /invoices/count | 10215 |  |  |  |
        /invoices/download | 10212 |  |  |  |
        /invoices/{id} | 10215 |  | 10213 | 10213 | 10214
        /leads | 10203 | none | 10201 |  |
        /leads/count | 10203 |  |  |  |
        /leads/{id} | 10203 |  | 10201 | 10201 | 10202
        /leads/{id}/tenants |  | none |  |  |
        /leads/{id}/verify |  | none |  |  |
        /manage/users |  | none |  |  |
        /ping | none |  |  |  |
        /tenant-configs | 10221 | 10220 | 10222 |  |
        /tenant-configs/count | 10221 |  |  |  |
        /tenant-configs/{id} | 10221 |  | 10222 | 10222 | 10223
        /tenant-configs/{id}/tenant | 10221 |  |  |  |
        /tenants | 10207 | 10204 | 10205 |  |
        /tenants/count | 10207 |  |  |  |
        /tenants/{id} | 10207 |  | 10205 | 10205 | 10206
        /tenants/{id}/provision |  | 10216 |  |  |
        /webhook |  | none |  |  |
        """

    /// The same; `GET /subscriptions/{id}/invoice` answers 403 there, and is left out.
    private static let subscription = """
        / | none |  |  |  |
        /billing-customer | 5324 | 5321 |  |  |
        /billing-customer/{tenantId} |  |  | 5327 |  | 5331
        /billing-cycles | 7024 | 7021 | 7022 |  |
        /billing-cycles/count | 7024 |  |  |  |
        /billing-cycles/{id} | 7024 |  | 7022 | 7022 | 7023
        /billing-invoice |  | 5323 |  |  |
        /billing-invoice/{invoiceId} | 5326 |  | 5329 |  | 5332
        /billing-invoice/{invoiceId}/payments |  | 5323 |  |  |
        /billing-payment-source | 5325 | 5322 |  |  |
        /billing-payment-source/{paymentSourceId} |  |  |  |  | 5332
        /currencies | 7028 | 7025 | 7026 |  |
        /currencies/count | 7028 |  |  |  |
        /currencies/{id} | 7028 |  | 7026 | 7026 | 7027
        /feature-values | ViewFeatureValues or 9 | CreateFeatureValues or 10 | UpdateFeatureValues or 11 |  |
        /feature-values/count | ViewFeatureValues or 9 |  |  |  |
        /feature-values/{id} | ViewFeatureValues or 9 |  | UpdateFeatureValues or 11 \
        | UpdateFeatureValues or 11 | DeleteFeatureValues or 12
        /features | ViewFeature or 1 | CreateFeature or 2 | UpdateFeature or 3 |  |
        /features/count | ViewFeature or 1 |  |  |  |
        /features/{id} | ViewFeature or 1 |  | UpdateFeature or 3 | UpdateFeature or 3 | DeleteFeature or 4
        /ping | none |  |  |  |
        /plan-sizes | 7029 | 7030 | 7031 |  |
        /plan-sizes/count | 7029 |  |  |  |
        /plan-sizes/{id} | 7029 |  | 7031 | 7031 | 7032
        /plans | 7008 | 7005 | 7006 |  |
        /plans/count | 7008 |  |  |  |
        /plans/{id} | 7008 |  | 7006 | 7006 | 7007
        /plans/{id}/features | 7033 | 7034 | 7035 |  |
        /plans/{id}/subscriptions | 7008 or 7004 |  |  |  |
        /resources | 7016 | 7013 | 7014 |  |
        /resources/count | 7016 |  |  |  |
        /resources/{id} | 7016 |  | 7014 | 7014 | 7015
        /services | 7020 | 7017 | 7018 |  |
        /services/count | 7020 |  |  |  |
        /services/{id} | 7020 |  | 7018 | 7018 | 7019
        /strategies | ViewStrategy or 5 | CreateStrategy or 6 | UpdateStrategy or 7 |  |
        /strategies/count | ViewStrategy or 5 |  |  |  |
        /strategies/{id} | ViewStrategy or 5 |  | UpdateStrategy or 7 | UpdateStrategy or 7 | DeleteStrategy or 8
        /subscriptions | 7004 | 7001 | 7002 |  |
        /subscriptions/count | 7004 |  |  |  |
        /subscriptions/expire-soon | 7004 |  |  |  |
        /subscriptions/expired | 7004 |  |  |  |
        /subscriptions/{id} | 7004 |  | 7002 | 7002 | 7003
        /webhooks/billing-payment |  | none |  |  |
        """
}
