import Billing
import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The lists that reminders are sent from (docs/contract/arc-api.md 9.8). Days begin at midnight UTC. Nothing is
/// changed by reading them.
extension SubscriptionController {
    private static let soon = 7

    /// `GET /subscriptions/expire-soon`: what ends within a week.
    func expireSoon() -> Operation {
        let schema = Schema.object(
            [
                .init(Entity.id, required: true),
                .init("daysRemainingToExpiry", .integer(minimum: 0), required: true),
                .init(TenantSubscription.subscriberID, .string(format: .uuid), required: true),
            ], name: "ExpiringSubscription")
        return Operation(
            .get, "/subscriptions/expire-soon", id: "SubscriptionController.expireSoonSubscription",
            summary: "The active subscriptions that end within seven days",
            access: SubscriptionPolicy.access.view, parameters: [.cursor],
            responses: [
                .init(
                    .ok, "Subscriptions with the number of full days left", schema: .array(of: schema),
                    headers: [.link])
            ],
            handler: .scoped { call in
                let now = clock.now()
                let today = CalendarDate(of: now)
                let page = try page(of: call.request)
                let (rows, next) = page.cut(
                    try await subscriptions.expiring(
                        after: today, through: Self.later(today, by: Self.soon), page, in: call.scope))
                var response = OperationResponse.json { writer in
                    writer.beginArray()
                    for row in rows {
                        guard let endDate = try? CalendarDate(row.endDate) else { continue }
                        let remaining = endDate.startOfDay.duration(since: now)
                        guard remaining < .seconds(Self.soon * 86_400) else { continue }
                        writer.beginObject()
                        writer.member(Entity.id, row.id)
                        writer.member("daysRemainingToExpiry", remaining.components.seconds / 86_400)
                        writer.member(TenantSubscription.subscriberID, row.subscriber)
                        writer.endObject()
                    }
                    writer.endArray()
                }
                response.linkToPage(after: next, of: call.request)
                return response
            })
    }

    /// `GET /subscriptions/expired`: what has ended within the last `days` days. The header is the original's; clients
    /// have sent a query parameter all along (docs/contract/arc-api.md 14).
    func expired() -> Operation {
        let schema = Schema.object(
            [
                .init("subscriptionId", .string(format: .uuid), required: true),
                .init(TenantSubscription.subscriberID, .string(format: .uuid), required: true),
            ], name: "ExpiredSubscription")
        let days = Schema.integer(minimum: 0)
        return Operation(
            .get, "/subscriptions/expired", id: "SubscriptionController.expiredSubscription",
            summary: "The subscriptions that have ended within the last days",
            access: SubscriptionPolicy.access.view,
            parameters: [
                .init("days", in: .header, schema: days, description: "Number of days back (default 0)"),
                .init("days", in: .query, schema: days, description: "Used if the header is not sent"), .cursor,
            ],
            responses: [.init(.ok, "Subscriptions", schema: .array(of: schema), headers: [.link])],
            handler: .scoped { call in
                let today = CalendarDate(of: clock.now())
                let page = try page(of: call.request)
                let (rows, next) = page.cut(
                    try await subscriptions.expired(
                        by: today, endedAfter: Self.later(today, by: -Self.days(call.request)), page, in: call.scope))
                var response = OperationResponse.json { writer in
                    writer.beginArray()
                    for row in rows {
                        writer.beginObject()
                        writer.member("subscriptionId", row.id)
                        writer.member(TenantSubscription.subscriberID, row.subscriber)
                        writer.endObject()
                    }
                    writer.endArray()
                }
                response.linkToPage(after: next, of: call.request)
                return response
            })
    }

    private func page(of request: OperationRequest) throws(HTTPFailure) -> ExpiryPage {
        do {
            return try ExpiryPage(cursor: QueryString.first("cursor", in: request.query), limit: limits.maximumLimit)
        } catch {
            throw .invalidParameter(
                "cursor", value: .string(error.text), reason: "must be the cursor of a Link header of this list")
        }
    }

    /// The parameter was checked to be a whole number; however large, it reaches no further than the calendar does.
    private static func days(_ request: OperationRequest) -> Int {
        guard
            let text = request.headers[HTTPField.Name(literal: "days")] ?? QueryString.first("days", in: request.query),
            case .number(let number)? = try? JSONValue.parse(Array(text.utf8))
        else { return 0 }
        return number.int64.map { Int(clamping: $0) } ?? .max
    }

    /// A date so many days later, or the last or first one that there is.
    private static func later(_ date: CalendarDate, by days: Int) -> CalendarDate {
        (try? date.adding(days: days)) ?? CalendarDate(of: Timestamp(microseconds: days < 0 ? .min : .max))
    }
}
