extension JSONLimits {
    /// For texts from the database: they were checked when they came in, and PostgreSQL's `jsonb` writes it longer (a
    /// blank behind each comma and colon, `1e400` in digits). Twice the largest body that can be configured (64 MiB).
    package static let stored = JSONLimits(
        bytes: 128 << 20, depth: 128, numberLength: 1 << 18, values: .max)
}

extension JSONValue {
    /// Reads a JSON text from the database, such as one that was made from a client's body of any allowed size.
    package static func parse(stored bytes: [UInt8]) throws(JSONParseError) -> JSONValue {
        try parse(bytes, limits: .stored)
    }

    /// Reads a JSON text from the database.
    package static func parse(stored text: String) throws(JSONParseError) -> JSONValue {
        try parse(text, limits: .stored)
    }
}
