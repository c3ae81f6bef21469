import Logging
import PostgresClient
import Primitives

@testable import Entities
@testable import ServiceKit

extension FuzzTarget {
    private static let tokens = [
        "where", "[where]", "filter=", "filter[where]", "and", "or", "[and][0]", "[1000000000]", "include", "relation",
        "scope", "fields", "order", "limit", "skip", "offset", "inq", "nin", "between", "like", "ilike", "regexp",
        "exists",
        "$gt", "name", "tenantId", "price", "contacts", "DESC", "{\"and\":[",
        "{\"include\":[{\"relation\":\"contacts\",\"scope\":",
        "%00", "%ED%A0%80", "2026-01-01T00:00:00Z",
    ]

    /// Pairs can be written and are the same when they are read again.
    static let queryString = FuzzTarget.text("query-string", tokens: tokens) { text in
        let pairs = QueryString.pairs(text)
        try FuzzViolation.unless(pairs.count <= text.utf8.count + 1, "\(pairs.count) pairs")
        let again = QueryString.pairs(PercentEncoding.form(pairs.map { (name: $0.name, value: $0.value) }))
        let isSame = zip(pairs, again).allSatisfy {
            $0.name.hasSameBytes(as: $1.name) && $0.value.hasSameBytes(as: $1.value)
        }
        try FuzzViolation.unless(isSame && pairs.count == again.count, "written and read again they are different")
        _ = QueryString.integer(pairs.first?.name ?? "", in: text)
        return "\(min(pairs.count, 16)) \(text.utf8.contains(UInt8(ascii: "%")))"
    }

    /// A filter is refused, or becomes a statement of bounded size that contains no text of the request.
    static let filter = FuzzTarget.text("filter", tokens: tokens, maximumLength: 16_384) { text in
        let filter: Filter
        do throws(FilterError) {
            filter = try Filter.parse(QueryParameter.all(text), for: FuzzEntities.tenant, in: FuzzEntities.catalog)
        } catch {
            return try refused(error)
        }
        do {
            let statement = try FuzzEntities.repository.selectStatement(filter, in: FuzzEntities.scope).statement
            try isHarmless(statement)
            return "statement \(min(statement.values.count, 16)) \(filter.includes.count)"
        } catch let error as RepositoryError {
            return "\(error)"
        }
    }

    /// The same for `where`.
    static let condition = FuzzTarget.text("where", tokens: tokens, maximumLength: 16_384) { text in
        do {
            guard let condition = try Where.parse(QueryParameter.all(text), for: FuzzEntities.tenant) else {
                return "absent"
            }
            let filter = Filter(where: condition)
            let statement = try FuzzEntities.repository.selectStatement(filter, in: FuzzEntities.scope).statement
            try isHarmless(statement)
            return "statement \(min(statement.values.count, 16))"
        } catch let error as FilterError {
            return try refused(error)
        } catch let error as RepositoryError {
            return "\(error)"
        }
    }

    /// A cursor is refused, or has the text that it was read from.
    static let cursor = FuzzTarget.text("cursor", tokens: ["5b", "5d", "2c", "22", "30"]) { text in
        do {
            let order = [Order("name")]
            let cursor = try PageCursor(text, order: order, of: FuzzEntities.tenant)
            let again = try PageCursor(cursor.text, order: order, of: FuzzEntities.tenant)
            try FuzzViolation.unless(again == cursor, "written and read again it is different")
            return "cursor"
        } catch let error as FilterError {
            return try refused(error)
        }
    }

    /// A regular expression is refused or passed on, in a time that grows with its length.
    static let pattern = FuzzTarget.text(
        "pattern", tokens: ["(?:", "(?=", "{1,1000}", "{999}", "[[:alpha:]]", "\\c", "***=", "|", "(", ")", "*?"]
    ) { text in PatternCost.problem(of: text).map { "\($0)" } ?? "passed" }

    private static func refused(_ error: FilterError) throws(FuzzViolation) -> String {
        let size =
            error.message.utf8.count + error.details.reduce(0) { $0 + $1.message.utf8.count + $1.path.utf8.count }
        try FuzzViolation.unless(size <= 1 << 20, "an error of \(size) bytes")
        return "\(error.code) \(error.details.first?.code ?? "")"
    }

    private static func isHarmless(_ statement: BoundStatement) throws(FuzzViolation) {
        try FuzzViolation.unless(statement.sql.utf8.count <= 1 << 19, "\(statement.sql.utf8.count) bytes of SQL")
        try FuzzViolation.unless(statement.values.count <= 65_535, "\(statement.values.count) values")
        try FuzzViolation.unless(
            statement.sql.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0A }, "other text in SQL")
    }
}

/// Entities with fields of all types and relations, and a repository that is never connected.
enum FuzzEntities {
    private static let tenantID = Field.identifier("tenantId", required: true)

    static let contact = Entity(
        "Contact", table: "contacts", tenancy: .column(tenantID),
        fields: [.string("firstName", required: true), .boolean("isPrimary"), tenantID],
        relations: [.belongsTo("tenant", "Tenant", by: tenantID)])

    static let tenant = Entity(
        "Tenant", table: "tenants", tenancy: .shared,
        fields: [.string("name", maxLength: 100, required: true), .number("price"), .object("metaData")],
        relations: [.hasMany("contacts", "Contact", by: tenantID)])

    static let catalog: EntityCatalog = {
        guard let catalog = try? EntityCatalog([tenant, contact]) else {
            preconditionFailure("the entities do not fit")
        }
        return catalog
    }()

    static let repository = EntityRepository(
        pool: PostgresPool(
            configuration: PostgresConfiguration(port: "1", user: "nobody", database: "none"),
            logger: Logger(label: "fuzz")),
        entity: tenant, catalog: catalog)

    static let scope = TenantScope.operatorScope(actor: Actor(id: ""))
}
