/// What a field is in PostgreSQL and in JSON.
package enum FieldType: Sendable, Hashable {
    /// `text`, `varchar`, `char` — a JSON string.
    case string
    /// `uuid` — a JSON string.
    case identifier
    /// `int2`, `int4`, `int8` — a JSON number.
    case integer(IntegerWidth)
    /// `numeric` — a JSON number, exact in both directions.
    case number
    /// `boolean` — a JSON boolean.
    case boolean
    /// `timestamptz` — a JSON string, ISO 8601 UTC with milliseconds.
    case timestamp
    /// `jsonb` — any JSON value, as PostgreSQL prints it.
    case json
    /// `varchar[]` — a JSON array of strings.
    case strings
}

/// Who can read a field and who can set it.
package enum FieldAccess: Sendable, Hashable {
    /// In request bodies and in responses.
    case readWrite
    /// In responses and filters; refused in request bodies.
    case readOnly
    /// A column for the service itself: never in JSON, never in filters; read through `Record`.
    case hidden
}
