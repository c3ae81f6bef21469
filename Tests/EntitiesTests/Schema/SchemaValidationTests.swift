import Entities
import JSONCoding
import Testing

@Suite struct SchemaValidationTests {
    private let tenant = Schema.object([
        .init("name", .string(), required: true),
        .init("status", .number(oneOf: [0, 1, 2]), required: true),
        .init("key", .string(maxLength: 10, pattern: .lowercaseAlphanumeric)),
        .init("amount", .number(minimum: 0)),
        .init("count", .integer(minimum: 1, maximum: 5)),
        .init("domains", .array(of: .string(format: .hostname), uniqueItems: true, maxItems: 2)),
        .init("deletedOn", Schema.string(format: .dateTime).nullable()),
        .init("free", .freeObject),
    ])

    private func validate(_ value: JSONValue) -> [ValidationDetail] { tenant.validate(value) }

    private func detail(_ path: String, _ code: String, _ message: String, _ info: JSONObject) -> ValidationDetail {
        ValidationDetail(path: path, code: code, message: message, info: info)
    }

    @Test func `valid values are accepted`() {
        #expect(
            validate([
                "name": "A", "status": 1, "key": "abc9", "amount": 0, "count": 5, "domains": ["a.b", "c.d"],
                "deletedOn": nil, "free": ["x": [1, nil, "y"]],
            ]).isEmpty)
    }

    /// The table of docs/contract/arc-api.md 2.4, item by item.
    @Test func `violations have the wording of Ajv`() {
        #expect(
            validate(["status": 0])
                == [detail("", "required", "must have required property 'name'", ["missingProperty": "name"])])
        #expect(
            validate(["name": 5, "status": 0]) == [detail("/name", "type", "must be string", ["type": "string"])])
        #expect(
            validate(["name": "", "status": 0, "foo": 1])
                == [
                    detail(
                        "", "additionalProperties", "must NOT have additional properties",
                        ["additionalProperty": "foo"])
                ])
        #expect(
            validate(["name": "", "status": 9])
                == [
                    detail(
                        "/status", "enum", "must be equal to one of the allowed values",
                        ["allowedValues": [0, 1, 2]])
                ])
        #expect(
            validate(["name": "", "status": 0, "key": "A!"])
                == [
                    detail(
                        "/key", "pattern", "must match pattern \"^[a-z0-9]+$\"", ["pattern": "^[a-z0-9]+$"])
                ])
        #expect(
            validate(["name": "", "status": 0, "key": "abcdefghijk"])
                == [detail("/key", "maxLength", "must NOT have more than 10 characters", ["limit": 10])])
        #expect(
            validate(["name": "", "status": 0, "amount": -1])
                == [detail("/amount", "minimum", "must be >= 0", ["comparison": ">=", "limit": 0])])
        #expect(
            validate(["name": "", "status": 0, "domains": ["a.b", "a.b"]])
                == [
                    detail(
                        "/domains", "uniqueItems",
                        "must NOT have duplicate items (items ## 1 and 0 are identical)", ["i": 1, "j": 0])
                ])
        #expect(
            validate(["name": "", "status": 0, "domains": ["-a"]])
                == [detail("/domains/0", "format", "must match format \"hostname\"", ["format": "hostname"])])
    }

    @Test func `every violation is reported`() {
        let details = validate(["status": "0", "foo": 1, "key": "ABCDEFGHIJKL", "count": 6.5, "domains": "x"])
        #expect(
            details.map { "\($0.path) \($0.code)" } == [
                " required", " additionalProperties", "/status type", "/status enum", "/key maxLength",
                "/key pattern", "/count type", "/domains type",
            ])
    }

    @Test func `null is a type error except where allowed`() {
        #expect(validate(["name": nil, "status": 0]).map(\.message) == ["must be string"])
        #expect(validate(["name": "", "status": 0, "deletedOn": nil]).isEmpty)
        #expect(validate(["name": "", "status": 0, "deletedOn": "yesterday"]).map(\.code) == ["format"])
    }

    @Test func `lengths are counted in code points, not in bytes`() {
        let schema = Schema.string(minLength: 2, maxLength: 3)
        #expect(schema.validate("äöü").isEmpty)
        #expect(schema.validate("👩‍👩‍👧").map(\.code) == ["maxLength"])
        #expect(schema.validate("ä").map(\.message) == ["must NOT have fewer than 2 characters"])
    }

    @Test func `numbers compare by value`() {
        let schema = Schema.integer(oneOf: [1, 2])
        #expect(schema.validate(.number(JSONNumber(literal: "1.0") ?? JSONNumber(0))).isEmpty)
        #expect(schema.validate(1.5).map(\.code) == ["type", "enum"])
        #expect(Schema.number(exclusiveMinimum: 0).validate(0).map(\.message) == ["must be > 0"])
        #expect(Schema.number(maximum: 5).validate(5.01).map(\.message) == ["must be <= 5"])
        #expect(Schema.constant(3).validate(4).map(\.code) == ["enum"])
    }

    @Test func `numbers that no column can store are refused`() throws {
        let huge = try JSONValue.parse([UInt8]("1e9999".utf8))
        #expect(Schema.number().validate(huge).map(\.code) == ["type"])
        #expect(Schema.freeObject.validate(["a": [huge]]).map(\.path) == ["/a/0"])
    }

    /// PostgreSQL spells numbers out: their length is that of their digits.
    @Test(arguments: [
        ("1e-398", true), ("1e-399", false), ("-1e-397", true), ("-1e-398", false), ("1e-16000", false),
        ("0e-500", false), ("0e500", true), ("1e308", true), ("0.001e-395", true), ("0.001e-396", false),
        ("1.50e2", true),
    ])
    func `the length of a number is the number of its digits`(_ text: String, _ isAccepted: Bool) throws {
        let number = try JSONValue.parse([UInt8](text.utf8))
        #expect(Schema.number().validate(number).isEmpty == isAccepted)
        #expect(Schema.any.validate([number]).isEmpty == isAccepted)
    }

    @Test func `free-form values are limited by their size with numbers written out`() throws {
        let number = try JSONValue.parse([UInt8]("1e-390".utf8))
        let schema = Schema.object([.init("free", .freeObject), .init("any", .any)])
        let small = JSONValue.array(Array(repeating: number, count: 2500))
        let large = JSONValue.array(Array(repeating: number, count: 2700))
        #expect(schema.validate(["free": ["a": small], "any": small]).isEmpty)
        #expect(
            schema.validate(["free": ["a": large], "any": large]).map { "\($0.path) \($0.code)" } == [
                "/free maxLength", "/any maxLength",
            ])
    }

    @Test func `whole numbers and enumerations are exact`() throws {
        let almost = try JSONValue.parse([UInt8]("1.00000000000000001".utf8))
        #expect(Schema.integer(oneOf: [1, 2]).validate(almost).map(\.code) == ["type", "enum"])
        #expect(Schema.number(oneOf: [1, 2]).validate(almost).map(\.code) == ["enum"])
        for text in ["1", "1.0", "10e-1", "0.1e1"] {
            #expect(Schema.integer(oneOf: [1, 2]).validate(try JSONValue.parse([UInt8](text.utf8))).isEmpty, "\(text)")
        }
        #expect(Schema.integer(oneOf: [0]).validate(try JSONValue.parse([UInt8]("-0.0".utf8))).isEmpty)
    }

    @Test func `strings that contain NUL are refused everywhere`() {
        #expect(validate(["name": "a\0b", "status": 0]).map(\.path) == ["/name"])
        #expect(validate(["name": "", "status": 0, "free": ["a": ["b": "\0"]]]).map(\.path) == ["/free/a/b"])
        #expect(validate(["name": "", "status": 0, "free": ["\0": 1]]).map(\.code) == ["pattern"])
        #expect(Schema.any.validate("\0").count == 1)
    }

    @Test func `paths are JSON pointers`() {
        let schema = Schema.object([.init("a/b~c", .string())])
        #expect(schema.validate(["a/b~c": 1]).map(\.path) == ["/a~1b~0c"])
    }

    @Test func `a long list of violations is cut off`() {
        let items = JSONValue.array(Array(repeating: 1, count: 5000))
        #expect(Schema.array(of: .string()).validate(items).count == 200)
    }

    @Test(arguments: [
        (StringFormat.hostname, "a.example.com", true), (.hostname, "localhost.", true), (.hostname, "", false),
        (.hostname, "a..b", false), (.hostname, "-a.b", false), (.hostname, "a_b.c", false),
        (.hostname, String(repeating: "a", count: 64), false), (.hostname, "ä.de", false),
        (.email, "ann.lee+x@acme.com", true), (.email, "ann@acme", false), (.email, "a@b@c.d", false),
        (.email, ".a@b.cd", false), (.email, "@b.cd", false), (.email, "a b@c.de", false),
        (.date, "2026-02-28", true), (.date, "2026-02-30", false), (.date, "2026-02-28T00:00:00Z", false),
        (.dateTime, "2026-02-28T10:00:00.123Z", true), (.dateTime, "2026-02-28T10:00:00+02:00", true),
        (.dateTime, "2026-02-28", false), (.dateTime, "now", false), (.dateOrDateTime, "2026-02-28", true),
        (.date, "0000-12-31", false), (.date, "0001-01-01", true), (.dateTime, "0000-06-01T00:00:00Z", false),
        (.uuid, "0198A3C4-5E6F-7a8b-9c0d-1e2f3a4b5c6d", true), (.uuid, "0198a3c45e6f7a8b9c0d1e2f3a4b5c6d", false),
    ])
    func `strings are valid exactly if they match their format`(_ format: StringFormat, _ text: String, _ isValid: Bool)
    {
        #expect(Schema.string(format: format).validate(.string(text)).isEmpty == isValid)
    }

    @Test(arguments: [
        (Pattern.lowercaseAlphanumeric, "abc09", true), (.lowercaseAlphanumeric, "", false),
        (.lowercaseAlphanumeric, "aB", false), (.lowercaseAlphanumeric, "a\n", false),
        (.visibleText, " x", true), (.visibleText, " \u{2003}\t", false), (.currencyCode, "USD", true),
        (.currencyCode, "usd", false), (.currencyCode, "USDX", false), (.token, "a.B-9_:", true),
        (.token, "a b", false), (.token, "[", false), (.token, "@", false),
    ])
    func `patterns match whole strings`(_ pattern: Pattern, _ text: String, _ isMatch: Bool) {
        #expect(pattern.matches(text) == isMatch)
    }
}
