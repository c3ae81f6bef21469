import Primitives

/// Compares what should be on a server under one name with what is there.
struct DriftComparison: Sendable {
    let server: String
    /// The shared database of the server.
    let sharedDatabase: String

    /// The differences; empty for a tenant with a workflow in progress.
    func findings(_ expected: ExpectedObjects, _ actual: ActualObjects?) -> [DriftFinding] {
        if expected.isBusy || expected.places.contains(where: { $0.role == .target }) { return [] }
        let actual = actual ?? ActualObjects(name: expected.name)
        guard let current = expected.current else {
            // Only an old copy, or only a password.
            return expected.previous == nil ? [notPlaced(expected, actual)] : []
        }
        if current.isReserved {
            return [
                finding(expected, .staleReservation, "a place is reserved, but no workflow is in progress")
            ]
        }
        return access(expected, current, actual) + leftovers(expected, current, actual)
    }

    private func access(
        _ expected: ExpectedObjects, _ current: ExpectedObjects.Place, _ actual: ActualObjects
    ) -> [DriftFinding] {
        var findings: [DriftFinding] = []
        switch current.kind {
        case .pooled:
            if !actual.hasSchema {
                findings.append(
                    finding(expected, .missingSchema, "the database \(sharedDatabase) has no schema \(expected.name)"))
            } else if !actual.ownsSchema {
                findings.append(finding(expected, .foreign, "the schema is not the provisioner's"))
            }
        case .silo:
            if !actual.hasDatabase {
                findings.append(finding(expected, .missingDatabase, "there is no database \(expected.name)"))
            } else if !actual.ownsDatabase || !isMark(actual.databaseMark, of: expected.tenant) {
                findings.append(finding(expected, .foreign, "the database is not this tenant's"))
            }
        }
        guard actual.hasRole else {
            findings.append(finding(expected, .missingRole, "there is no role \(expected.name)"))
            return findings
        }
        guard isMark(actual.roleMark, of: expected.tenant) else {
            findings.append(finding(expected, .foreign, "the role is not this tenant's"))
            return findings
        }
        if !actual.canLogin { findings.append(finding(expected, .missingLogin, "the role cannot log in")) }
        if let missing = missingGrant(current.kind, actual) {
            findings.append(finding(expected, .missingGrant, "the role has no \(missing)"))
        }
        return findings
    }

    private func missingGrant(_ kind: TenantPlacement.Kind, _ actual: ActualObjects) -> String? {
        switch kind {
        case .pooled where !actual.canConnect: "CONNECT on the database \(sharedDatabase)"
        case .pooled where actual.hasSchema && !actual.canUseSchema: "USAGE and CREATE on its schema"
        case .silo where actual.hasDatabase && !actual.canEnterDatabase: "CONNECT on its database"
        default: nil
        }
    }

    /// Objects of the other kind, which are neither the tenant's place nor its old copy.
    private func leftovers(
        _ expected: ExpectedObjects, _ current: ExpectedObjects.Place, _ actual: ActualObjects
    ) -> [DriftFinding] {
        let kinds = Set([current.kind, expected.previous?.kind].compactMap(\.self))
        var findings: [DriftFinding] = []
        if actual.hasSchema, actual.ownsSchema, !kinds.contains(.pooled) {
            findings.append(
                finding(expected, .wrongPlace, "there is a schema, but the tenant has a separate database"))
        }
        if actual.hasDatabase, actual.ownsDatabase, !kinds.contains(.silo) {
            findings.append(finding(expected, .wrongPlace, "there is a database, but the tenant has a schema"))
        }
        return findings
    }

    private func notPlaced(_ expected: ExpectedObjects, _ actual: ActualObjects) -> DriftFinding {
        guard actual.hasDatabase || actual.hasSchema else {
            return finding(
                expected, .missingSchema, "a password is stored, but there is neither a schema nor a database")
        }
        return finding(
            expected, .notPlaced,
            "the tenant has \(actual.hasDatabase ? "a database" : "a schema") here, but no place is stored")
    }

    /// What nobody expects; nil when it is not the provisioner's.
    /// - Parameter place: The server on which a tenant of that name is placed.
    func unexpected(_ actual: ActualObjects, placedOn place: String?) -> DriftFinding? {
        let mark = [actual.roleMark, actual.databaseMark].lazy.compactMap { $0 }.first
        let tenant = mark.flatMap { Self.tenant(ofMark: $0) }
        guard tenant != nil || actual.ownsSchema || actual.ownsDatabase else { return nil }
        let objects = [
            actual.hasRole ? "a role" : nil, actual.hasSchema ? "a schema" : nil,
            actual.hasDatabase ? "a database" : nil,
        ].compactMap(\.self).joined(separator: ", ")
        if let place {
            return DriftFinding(
                server: server, name: actual.name, tenant: tenant, kind: .wrongPlace,
                detail: "there is \(objects), but the tenant is on data server \(place)")
        }
        return DriftFinding(
            server: server, name: actual.name, tenant: tenant, kind: .orphan,
            detail: "there is \(objects) of no tenant that is known")
    }

    private func finding(_ expected: ExpectedObjects, _ kind: DriftFinding.Kind, _ detail: String) -> DriftFinding {
        DriftFinding(server: server, name: expected.name, tenant: expected.tenant, kind: kind, detail: detail)
    }

    private func isMark(_ mark: String?, of tenant: Identifier) -> Bool { mark == TenantRole.mark(tenant) }

    /// The tenant of a mark; nil for other comments.
    private static func tenant(ofMark mark: String) -> Identifier? {
        mark.split(separator: " ").last.flatMap { Identifier(String($0)) }.flatMap {
            TenantRole.mark($0) == mark ? $0 : nil
        }
    }
}
