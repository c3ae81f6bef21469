extension JSONLimits {
    /// For what we have stored ourselves: it was checked when it came in, and PostgreSQL's `jsonb` writes it longer (a
    /// blank behind each comma and colon, `1e400` in digits). Twice the largest body that can be configured (64 MiB).
    package static let stored = JSONLimits(bytes: 128 << 20, depth: 128, numberLength: 1 << 18)
}

extension JSONValue {
    /// Reads the JSON text of a row of ours, such as one that a client's body of any allowed size has become.
    package static func parse(stored bytes: [UInt8]) throws(JSONParseError) -> JSONValue {
        try parse(bytes, limits: .stored)
    }

    /// Reads the JSON text of a row of ours.
    package static func parse(stored text: String) throws(JSONParseError) -> JSONValue {
        try parse(text, limits: .stored)
    }
}
