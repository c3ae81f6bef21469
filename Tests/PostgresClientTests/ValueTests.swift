import PostgresClient
import Primitives
import Testing

/// Every kind of parameter to the server and back.
@Suite(.serialized, .timeLimit(.minutes(20))) struct ValueTests {
    private static func roundTrip<Value>(
        _ type: String, _ value: PostgresValue, _ read: (PostgresRow) throws -> Value
    ) async throws -> Value {
        try await TestServer.withPool { pool in
            let result = try await pool.query(PostgresStatement("SELECT $1::\(type)"), [value])
            return try read(try #require(result.first))
        }
    }

    @Test(arguments: [true, false])
    func `Boolean values survive a round trip`(_ value: Bool) async throws {
        #expect(try await Self.roundTrip("bool", .bool(value)) { try $0.bool(0) } == value)
    }

    @Test(arguments: [Int64.min, -1, 0, 1, .max])
    func `integers survive a round trip`(_ value: Int64) async throws {
        let small = Int16(clamping: value)
        let medium = Int32(clamping: value)
        try await TestServer.withPool { pool in
            let row = try #require(
                try await pool.query("SELECT $1, $2, $3", [.int16(small), .int32(medium), .int64(value)]).first)
            #expect(try row.int64(0) == Int64(small))
            #expect(try row.int64(1) == Int64(medium))
            #expect(try row.int64(2) == value)
            #expect(try row.int(2) == Int(value))
        }
    }

    @Test(arguments: [0.0, -0.0, 0.1, .pi, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, -.infinity])
    func `doubles survive a round trip`(_ value: Double) async throws {
        let read = try await Self.roundTrip("float8", .double(value)) { try $0.double(0) }
        #expect(read.bitPattern == value.bitPattern)
    }

    @Test func `NaN survives a round trip`() async throws {
        #expect(try await Self.roundTrip("float8", .double(.nan)) { try $0.double(0) }.isNaN)
    }

    @Test func `single precision is read as double`() async throws {
        #expect(try await Self.roundTrip("float4", .double(0.5)) { try $0.double(0) } == 0.5)
    }

    /// Our decoding of the binary form against the server's own text.
    @Test(arguments: [
        "0", "1", "-1", "10", "9999", "10000", "10001", "100000000", "12345678901234567890123456789.123456789",
        "0.1", "0.00", "0.0001", "0.00001", "-0.000000000000000000012", "1.10", "1e10", "1e-10", "99999.99999",
        "10000.0001", "120000000", "NaN", "Infinity", "-Infinity", "0.000100001", "5000.5", "1000000.10",
    ])
    func `numerics survive a round trip`(_ text: String) async throws {
        try await TestServer.withPool { pool in
            let row = try #require(
                try await pool.query("SELECT $1::numeric AS n, ($1::numeric)::text", [.numeric(text)]).first)
            #expect(try row.numericText(0) == row.text(1))
        }
    }

    @Test func `numerics keep the scale of their column`() async throws {
        try await TestServer.withPool { pool in
            let row = try #require(try await pool.query("SELECT 12.5::numeric(10,2), 0::numeric(5,3), 7::int8").first)
            #expect(try row.numericText(0) == "12.50")
            #expect(try row.numericText(1) == "0.000")
            #expect(try row.numericText(2) == "7", "integers count as numbers too")
        }
    }

    @Test func `numerics of many digits survive a round trip`() async throws {
        let digits = String(repeating: "1234567890", count: 1000)
        for text in [digits, "-" + digits, "0." + digits, digits + "." + digits] {
            #expect(try await Self.roundTrip("numeric", .numeric(text)) { try $0.numericText(0) } == text)
        }
    }

    @Test(arguments: ["1\u{0}2", "", "1 2", "ü"])
    func `text that is not a number is refused before sending`(_ text: String) async throws {
        try await TestServer.withPool { pool in
            let error = await failure {
                try await pool.query("SELECT $1", [.numeric(text)])
            }
            #expect(error?.kind == .encoding)
            #expect(pool.status.open == 0, "nothing was sent")
        }
    }

    @Test(arguments: ["", "a", "it's", "äöü ß", "日本語", "👩‍👩‍👧", "\u{1}\n\t\\", "$1", "\u{10FFFF}"])
    func `text survives a round trip`(_ value: String) async throws {
        for type in ["text", "varchar", "bpchar"] where !(type == "bpchar" && value.isEmpty) {
            let read = try await Self.roundTrip(type, .text(value)) { try $0.text(0) }
            #expect(Array(read.unicodeScalars) == Array(value.unicodeScalars))
        }
    }

    @Test func `long text survives a round trip`() async throws {
        let value = String(repeating: "0123456789", count: 500_000)
        #expect(try await Self.roundTrip("text", .text(value)) { try $0.text(0) } == value)
    }

    @Test func `text with a NUL character is refused`() async throws {
        let error = await failure {
            try await Self.roundTrip("text", .text("a\u{0}b")) { try $0.text(0) }
        }
        #expect(error?.sqlState == "22021")
    }

    @Test func `names of the catalog are read as text`() async throws {
        #expect(try await Self.roundTrip("text::name", .text("abc")) { try $0.text(0) } == "abc")
    }

    @Test func `identifiers survive a round trip`() async throws {
        for identifier in [Identifier(high: 0, low: 0), Identifier(high: .max, low: .max), Identifier.v4()] {
            try await TestServer.withPool { pool in
                let row = try #require(try await pool.query("SELECT $1, $1::text", [.identifier(identifier)]).first)
                #expect(try row.identifier(0) == identifier)
                #expect(try row.text(1) == identifier.description)
            }
        }
    }

    @Test(arguments: [
        (0, "1970-01-01 00:00:00"), (946_684_800_000_000, "2000-01-01 00:00:00"),
        (1_767_607_200_123_456, "2026-01-05 10:00:00.123456"), (-62_135_596_800_000_000, "0001-01-01 00:00:00"),
        (253_402_300_799_999_999, "9999-12-31 23:59:59.999999"), (-1, "1969-12-31 23:59:59.999999"),
    ])
    func `timestamps survive a round trip`(_ microseconds: Int64, _ text: String) async throws {
        try await TestServer.withPool { pool in
            let value = PostgresValue.timestamp(Timestamp(microseconds: microseconds))
            let row = try #require(
                try await pool.query(
                    "SELECT $1, ($1 AT TIME ZONE 'UTC')::text, $1 AT TIME ZONE 'UTC'", [value]
                ).first)
            #expect(try row.timestamp(0).microseconds == microseconds)
            #expect(try row.text(1) == text)
            #expect(try row.timestamp(2).microseconds == microseconds)
        }
    }

    @Test func `dates are read as midnight`() async throws {
        try await TestServer.withPool { pool in
            let row = try #require(
                try await pool.query("SELECT date '2026-01-05', date '1969-12-31', timestamptz 'infinity'").first)
            #expect(try row.timestamp(0).description == "2026-01-05T00:00:00.000Z")
            #expect(try row.timestamp(1).microseconds == -86_400_000_000)
            #expect(throws: PostgresError.self) { try row.timestamp(2) }
        }
    }

    @Test(arguments: ["{}", "null", "{\"a\": [1, \"ü\"]}"])
    func `JSON survives a round trip`(_ text: String) async throws {
        for type in ["jsonb", "jsonb::json"] {
            let read = try await Self.roundTrip(type, .json(Array(text.utf8))) { (try $0.json(0), try $0.text(0)) }
            #expect(String(decoding: read.0, as: UTF8.self) == text)
            #expect(read.1 == text)
        }
    }

    @Test func `bytes survive a round trip`() async throws {
        for value in [[], [0], Array(UInt8.min...UInt8.max)] as [[UInt8]] {
            #expect(try await Self.roundTrip("bytea", .bytes(value)) { try $0.bytes(0) } == value)
        }
    }

    @Test func `arrays of text survive a round trip`() async throws {
        for value in [[], [""], ["a", "", "ü\"{},\\", "NULL"]] {
            #expect(try await Self.roundTrip("text[]", .textArray(value)) { try $0.textArray(0) } == value)
            #expect(try await Self.roundTrip("varchar[]", .textArray(value)) { try $0.textArray(0) } == value)
        }
        let identifiers = [Identifier.v4(), Identifier.v4()]
        for value in [[], identifiers] {
            let read = try await Self.roundTrip("uuid[]", .identifierArray(value)) { try $0.identifierArray(0) }
            #expect(read == value)
        }
        for value in [[], [.min, 0, .max]] as [[Int64]] {
            #expect(try await Self.roundTrip("int8[]", .int64Array(value)) { try $0.int64Array(0) } == value)
        }
        #expect(try await Self.roundTrip("int4[]", .int64Array([1, -2])) { try $0.int64Array(0) } == [1, -2])
    }

    @Test func `arrays of other shapes are decoding errors`() async throws {
        try await TestServer.withPool { pool in
            let row = try #require(
                try await pool.query("SELECT ARRAY['a', NULL], ARRAY[['a'], ['b']], ARRAY[1.5]").first)
            #expect(throws: PostgresError.self) { try row.textArray(0) }
            #expect(throws: PostgresError.self) { try row.textArray(1) }
            #expect(throws: PostgresError.self) { try row.int64Array(2) }
        }
    }

    @Test func `NULL of every type is read`() async throws {
        try await TestServer.withPool { pool in
            let row = try #require(
                try await pool.query(
                    """
                    SELECT $1::bool, $2::int8, $3::float8, $4::text, $5::uuid, $6::timestamptz, $7::numeric,
                        $8::jsonb, $9::bytea, $10::text[], $11::uuid[], $12::int8[]
                    """, Array(repeating: .null, count: 12)
                ).first)
            for column in 0..<12 { #expect(row.isNull(column)) }
            #expect(try row.boolIfPresent(0) == nil)
            #expect(try row.int64IfPresent(1) == nil && row.intIfPresent(1) == nil)
            #expect(try row.doubleIfPresent(2) == nil)
            #expect(try row.textIfPresent(3) == nil)
            #expect(try row.identifierIfPresent(4) == nil)
            #expect(try row.timestampIfPresent(5) == nil)
            #expect(try row.numericTextIfPresent(6) == nil)
            #expect(try row.jsonIfPresent(7) == nil)
            #expect(try row.bytesIfPresent(8) == nil)
            #expect(try row.textArrayIfPresent(9) == nil)
            #expect(try row.identifierArrayIfPresent(10) == nil)
            #expect(try row.int64ArrayIfPresent(11) == nil)
            let error = #expect(throws: PostgresError.self) { try row.int64(1) }
            #expect(error?.kind == .decoding)
        }
    }

    @Test func `a wrong type is a decoding error`() async throws {
        try await TestServer.withPool { pool in
            let row = try #require(try await pool.query("SELECT 'secret'::text, 1::int4").first)
            let error = #expect(throws: PostgresError.self) { try row.int64(0) }
            #expect(error?.kind == .decoding)
            #expect(error.map { !"\($0)".contains("secret") } == true)
            #expect(throws: PostgresError.self) { try row.text(1) }
            #expect(throws: PostgresError.self) { try row.text(2) }
            #expect(throws: PostgresError.self) { try row.textIfPresent(-1) }
        }
    }

    @Test func `raw bytes and text can be read in place`() async throws {
        try await TestServer.withPool { pool in
            let row = try #require(
                try await pool.query("SELECT 258::int4, 'abc'::text, '[1]'::jsonb, NULL::text").first)
            #expect(row.withBytes(0) { Array($0) } == [0, 0, 1, 2])
            #expect(try row.withTextIfPresent(1) { Array($0) } == Array("abc".utf8))
            #expect(try row.withTextIfPresent(2) { Array($0) } == Array("[1]".utf8))
            #expect(try row.withTextIfPresent(3) { Array($0) } == nil)
            #expect(row.withBytes(3) { $0.count } == 0)
            #expect(row.withBytes(9) { $0.count } == 0)
        }
    }
}
