import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operation of the feed.
struct EventFeedController: Sendable {
    let service: EventFeedService

    private static let defaultLimit = 100
    private static let maximumLimit = 1000

    // A reader that was answered by the primary before must not find that the feed has fewer numbers than it knows.
    var operations: [Operation] { [read().readingPrimary()] }

    private func read() -> Operation {
        Operation(
            .get, "/events/feed", id: "EventFeedController.read",
            summary:
                "The events of one tenant, or for operators of all tenants, in order and without gaps in their numbers",
            access: EventFeedPolicy.read,
            parameters: [
                OperationParameter(
                    "after", in: .query, schema: .integer(minimum: 0),
                    description:
                        "The last number that was processed. Without it, the page begins with the first event that is kept"
                ),
                OperationParameter(
                    "limit", in: .query, schema: .integer(minimum: 1, maximum: Self.maximumLimit),
                    description: "Most events (default \(Self.defaultLimit))"),
                OperationParameter(
                    "tenantId", in: .query, schema: .string(format: .uuid),
                    description:
                        "Only events of this tenant, with the tenant's own numbers. A tenant's users always get those of their tenant"
                ),
            ],
            responses: [.init(.ok, "A part of the feed", schema: Self.schema)],
            failures: [
                .notFound: "The tenant is not the caller's",
                .gone: "Events after this number were deleted; `details` has the first one that is available",
            ],
            handler: .scoped { call in
                let query = call.request.query
                let after = try Self.number("after", in: query)
                let limit = try Self.number("limit", in: query).map { Int($0) } ?? Self.defaultLimit
                let page = try await service.page(
                    of: QueryString.first("tenantId", in: query).flatMap { Identifier($0) }, after: after,
                    limit: min(max(limit, 1), Self.maximumLimit), in: call.scope)
                let next = page.events.last?.sequence ?? after ?? page.first - 1
                return .json { writer in
                    writer.beginObject()
                    writer.key("events")
                    writer.beginArray()
                    for event in page.events { event.write(to: &writer) }
                    writer.endArray()
                    writer.member("next", next)
                    writer.member("last", page.last)
                    writer.endObject()
                }
            })
    }

    /// A parameter that its schema has found to be a whole number, of any size.
    private static func number(_ name: String, in query: String) throws(HTTPFailure) -> Int64? {
        guard let text = QueryString.first(name, in: query) else { return nil }
        guard let number = QueryString.integer(name, in: query) else {
            throw .invalidParameter(name, value: .string(text), reason: "must be a whole number below 2^63")
        }
        return number
    }

    private static let eventSchema = Schema.object(
        [
            .init(
                "sequence", .integer(minimum: 1).described("Number of the event in this feed, without gaps"),
                required: true),
            .init("id", .string(format: .uuid).described("Id of the event"), required: true),
            .init("type", .string(oneOf: PublishedEvents.types), required: true),
            .init("tenantId", .string(format: .uuid)),
            .init("timestamp", .string(format: .dateTime).described("When it happened"), required: true),
            .init("data", .freeObject.described("What happened; docs/webhooks.md lists the members"), required: true),
        ], name: "FeedEvent")

    private static let schema = Schema.object(
        [
            .init("events", .array(of: eventSchema), required: true),
            .init("next", .integer(minimum: 0).described("`after` of the next request"), required: true),
            .init("last", .integer(minimum: 0).described("The last number that was given"), required: true),
        ], name: "EventFeed")
}
