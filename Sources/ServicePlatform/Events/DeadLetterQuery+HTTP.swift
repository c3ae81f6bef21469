import Entities
import JSONCoding
import ServiceKit

/// What a request for dead letters asks for. They come from several places in one order, so of a filter only `where` and `limit`
/// are possible; both are parameters of their own, too.
struct DeadLetterQuery: Sendable {
    let condition: Where
    let limit: Int
    let start: DeadLetterList.Place?

    static let defaultLimit = 100
    private static let limits = 1...1000

    /// The parameters.
    static let parameters: [OperationParameter] = [
        OperationParameter(
            "filter", in: .query,
            schema: .object(
                [
                    .init("where", DeadLetterEntity.entity.conditionSchema), .init("limit", limitSchema),
                ], name: "DeadLetterFilter"),
            description: "where and limit; as JSON or as filter[where][name]=x", form: .json),
        .condition(DeadLetterEntity.entity),
        OperationParameter(
            "limit", in: .query, schema: limitSchema.defaulting(.integer(defaultLimit)),
            description:
                "Maximum number of dead letters on a page; fewer are no sign of the end, which has no Link header"),
        OperationParameter(
            "cursor", in: .query, schema: .string(maxLength: 500),
            description: "Start of the page: the value of the Link header of the previous page", form: .syntax),
    ]

    private static let limitSchema = Schema.integer(minimum: limits.lowerBound, maximum: limits.upperBound)

    /// Reads the parameters.
    /// - Throws: 400 that names the parameter.
    init(query: String, catalog: EntityCatalog, limits: QueryLimits) throws {
        let (parameters, entity) = (QueryParameter.all(query), DeadLetterEntity.entity)
        let filter = try Filter.parse(parameters, for: entity, in: catalog, limits: limits)
        let condition = try Where.parse(parameters, for: entity, limits: limits) ?? .everything
        guard filter.order.isEmpty, filter.skip == 0, filter.fields == .all, filter.includes.isEmpty else {
            throw HTTPFailure.invalidParameter(
                "filter", value: .string(QueryString.first("filter", in: query) ?? ""),
                reason: "can have where and limit only: this list has one order, and its pages begin at cursors")
        }
        for (name, condition) in [("filter", filter.condition), ("where", condition)] where !condition.canBeMatched {
            throw HTTPFailure.invalidParameter(
                name, value: .string(QueryString.first(name, in: query) ?? ""),
                reason: "cannot have regexp here; use like")
        }
        self.condition = condition.and(filter.condition)
        limit =
            QueryString.integer("limit", in: query).map { Int($0) }
            ?? min(filter.limit ?? Self.defaultLimit, Self.limits.upperBound)
        start = try QueryString.first("cursor", in: query).map { text in
            guard let place = DeadLetterList.Place(text) else {
                throw HTTPFailure.invalidParameter(
                    "cursor", value: .string(text), reason: "must be the cursor of a Link header")
            }
            return place
        }
    }
}
