import Entities
import JSONCoding

/// Schemas of the two forms of an error (docs/contract/arc-api.md 2.3 and RFC 9457).
enum FailureSchema {
    /// Repeats text of the request, which may contain any character.
    private static let quotation = Schema.any.documented(["type": "string"])

    private static let detail = Schema.object(
        [
            .init("path", quotation, required: true), .init("code", .string(), required: true),
            .init("message", quotation, required: true), .init("info", .freeObject),
        ], name: "ErrorDetail", isClosed: false)

    /// `{"error": {...}}`.
    static let envelope = Schema.object(
        [
            .init(
                "error",
                .object(
                    [
                        .init("statusCode", .integer(minimum: 400, maximum: 599), required: true),
                        .init("name", .string()), .init("message", .any, required: true), .init("code", .string()),
                        .init(
                            "details",
                            .anyOf(
                                .array(of: detail),
                                .object([.init("syntaxError", quotation, required: true)], isClosed: false))),
                    ], isClosed: false), required: true)
        ], name: "ErrorResponse", isClosed: false)

    /// Problem details.
    static let problem = Schema.object(
        [
            .init("type", .string(), required: true), .init("title", .string(), required: true),
            .init("status", .integer(minimum: 400, maximum: 599), required: true), .init("detail", quotation),
            .init("instance", quotation), .init("requestId", .string()), .init("code", .string()),
            .init(
                "errors",
                .array(
                    of: .object(
                        [
                            .init("pointer", quotation, required: true), .init("parameter", .string()),
                            .init("code", .string(), required: true),
                            .init("detail", quotation, required: true),
                        ], isClosed: false))),
        ], name: "Problem", isClosed: false)
}
