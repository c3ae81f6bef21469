package import Entities

/// A path, query or header parameter.
package struct OperationParameter: Sendable {
    /// The part of a request that contains a parameter.
    package enum Location: String, Sendable {
        case path
        case query
        case header
    }

    /// How a parameter is read.
    package enum Form: Sendable {
        /// Text, converted to the schema's type and checked before the operation runs.
        case text
        /// JSON text, documented as `content: application/json`; the operation reads it.
        case json
        /// Text with a special syntax, which the operation reads.
        case syntax
    }

    /// Name as sent.
    package var name: String
    /// The part of the request that contains it.
    package var location: Location
    /// What it may be.
    package var schema: Schema
    /// Whether its absence is an error.
    package var isRequired: Bool
    /// One line for the document.
    package var description: String
    /// How it is read.
    package var form: Form

    /// Makes one from its parts.
    package init(
        _ name: String, in location: Location, schema: Schema, isRequired: Bool = false, description: String,
        form: Form = .text
    ) {
        self.name = name
        self.location = location
        self.schema = schema
        self.isRequired = isRequired || location == .path
        self.description = description
        self.form = form
    }
}

extension OperationParameter {
    /// The id of a row.
    package static let id = OperationParameter(
        "id", in: .path, schema: .string(format: .uuid), description: "Identifier, a UUID")

    /// LoopBack's `filter` (docs/contract/arc-api.md 4.1).
    package static func filter(_ entity: Entity, _ limits: QueryLimits) -> OperationParameter {
        OperationParameter(
            "filter", in: .query, schema: entity.filterSchema(limits),
            description: "where, fields, order, limit, skip, offset, include; as JSON or as filter[where][name]=x",
            form: .json)
    }

    /// LoopBack's `filter` without `where`, for single rows.
    package static func filterWithoutWhere(_ entity: Entity, _ limits: QueryLimits) -> OperationParameter {
        OperationParameter(
            "filter", in: .query, schema: entity.singleFilterSchema(limits),
            description: "fields, include; as JSON or in brackets", form: .json)
    }

    /// LoopBack's `where` (docs/contract/arc-api.md 4.2).
    package static func condition(_ entity: Entity, isRequired: Bool = false) -> OperationParameter {
        OperationParameter(
            "where", in: .query, schema: entity.conditionSchema, isRequired: isRequired,
            description: "Selects the rows; as JSON or as where[name]=x" + (isRequired ? "; {} selects all rows" : ""),
            form: .json)
    }

    /// Where a page of a list begins.
    package static let cursor = OperationParameter(
        "cursor", in: .query, schema: .string(maxLength: PageCursor.maximumLength),
        description: "Start of the page: the value of the Link header of the previous page, with the same filter",
        form: .syntax)

    /// Wishes of lists (RFC 7240).
    package static let preferCount = OperationParameter(
        "Prefer", in: .header, schema: .string(),
        description: "count=exact returns the number of rows on all pages in X-Total-Count", form: .syntax)

    /// Wishes of changes (RFC 7240).
    package static let preferReturn = OperationParameter(
        "Prefer", in: .header, schema: .string(), description: "return=representation returns the changed row",
        form: .syntax)

    /// `*`, or entity tags in quotation marks.
    private static let entityTags = Schema.string(
        pattern: Pattern(
            regex:
                "^(\\*|(W/)?\"[^\"\\u0000]*\"([ \\t]*,[ \\t]*(W/)?\"[^\"\\u0000]*\"){0,\(EntityTagList.maximumCount - 1)})$"
        ) { EntityTagList(header: $0) != nil })

    /// The condition of reads (RFC 9110 section 13.1.2).
    package static let ifNoneMatch = OperationParameter(
        "If-None-Match", in: .header, schema: entityTags,
        description: "Entity tags of the client; if one of them is current, the response is 304", form: .syntax)

    /// The condition of changes (RFC 9110 section 13.1.1).
    package static let ifMatch = OperationParameter(
        "If-Match", in: .header, schema: entityTags,
        description: "Entity tags; if none of them is current, nothing is changed (412)", form: .syntax)

    /// The client's name for a request.
    static let idempotencyKey = OperationParameter(
        "Idempotency-Key", in: .header,
        schema: .string(minLength: 1, maxLength: IdempotencyKey.maximumLength, pattern: IdempotencyKey.pattern),
        description: "Makes the request idempotent: requests with the same key, such as a UUID, take effect once",
        form: .syntax)
}

/// A header of an answer.
package struct OperationResponseHeader: Sendable, Hashable {
    /// Its name.
    package let name: String
    /// One line for the document.
    package let description: String

    /// Version of the row.
    package static let eTag = OperationResponseHeader(
        name: "ETag", description: "Version of the row, for If-Match and If-None-Match")
    /// Path of what was created.
    package static let location = OperationResponseHeader(name: "Location", description: "Path of the created row")
    /// Where a browser is sent.
    package static let redirection = OperationResponseHeader(
        name: "Location", description: "Where the browser goes on")
    /// Next page.
    package static let link = OperationResponseHeader(
        name: "Link", description: "The next page, rel=\"next\", if there is one (RFC 8288)")
    /// Number of rows.
    package static let totalCount = OperationResponseHeader(
        name: "X-Total-Count", description: "Rows on all pages, with Prefer: count=exact")
    /// What was done of what was preferred.
    package static let preferenceApplied = OperationResponseHeader(
        name: "Preference-Applied", description: "The applied preferences")
    /// Name under which a download is stored.
    package static let contentDisposition = OperationResponseHeader(
        name: "Content-Disposition", description: "File name for the download (RFC 6266)")
    /// Methods of a path.
    static let allow = OperationResponseHeader(name: "Allow", description: "Allowed methods")
    /// How to authenticate.
    static let wwwAuthenticate = OperationResponseHeader(
        name: "WWW-Authenticate", description: "How to authenticate (RFC 9110 section 11.6.1)")
    /// A repeated answer.
    static let idempotencyReplayed = OperationResponseHeader(
        name: "Idempotency-Replayed", description: "true if the request was already processed earlier")
    /// When to come back.
    static let retryAfter = OperationResponseHeader(
        name: "Retry-After", description: "Seconds after which to try again")
}
