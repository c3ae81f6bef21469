import JSONCoding
import StackTestSupport
import Testing

/// At and past every limit that the bodies of POST have by their documents, with rows to refer to: what the document
/// allows, validation and database take; what it forbids is a 422 that says which limit.
@Suite struct LengthLimitTests {
    /// A value at a place.
    private struct Probe: Sendable {
        let operation: APIDocument.Operation
        let place: APIDocument.Place
        let what: String
        let value: JSONValue
        /// The keyword that forbids it; nil when it is allowed.
        let violated: String?
    }

    /// Codes of violations that are the schema's. Others may be right at a limit: a card that has expired.
    private static let keywords: Set<String> = [
        "type", "enum", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems",
        "uniqueItems",
    ]

    @Test(arguments: WalkTests.kinds) func `values at every limit are accepted and values beyond it refused`(
        _ kind: TestStack.ServiceKind
    ) async throws {
        try await ValidRequests.run(kind) { requests in
            let posts = requests.document.operations.filter {
                $0.method == "POST" && $0.body != nil && [nil, "HTTPBearer"].contains($0.security)
            }
            let all = posts.flatMap { probes($0, requests.document) }
            let tried = Set(all.compactMap(\.violated))
            var wanted: Set = ["minLength", "maxLength", "maxItems"]
            if kind == .subscription { wanted.formUnion(["minimum", "maximum", "minItems"]) }
            #expect(tried.isSuperset(of: wanted))
            await requests.forEach(all) { probe in
                var request = try await requests.request(probe.operation)
                // Objects and arrays that the request leaves out are those of the sample.
                if let member = probe.place.pointer.first, probe.place.pointer.count > 1,
                    request.body?[member]?.isNull ?? true,
                    let sample = probe.operation.body.map(requests.document.sample)?[member]
                {
                    request.body = request.body?.replacing([member], with: sample)
                }
                request.body = request.body?.replacing(probe.place.pointer, with: probe.value)
                let answer = try await requests.send(probe.operation, request)
                let what = "\(probe.operation.name) \(probe.place.path) \(probe.what)"
                requests.problems.check(answer, what) { answer in
                    if let violated = probe.violated {
                        return answer.status == 422
                            && answer.violations.contains("\(probe.place.path): \(violated)")
                    }
                    return answer.status < 500
                        && !Self.keywords.contains { answer.violations.contains("\(probe.place.path): \($0)") }
                }
            }
        }
    }

    private func probes(_ operation: APIDocument.Operation, _ document: APIDocument) -> [Probe] {
        guard let schema = operation.body else { return [] }
        let root = APIDocument.Place(
            pointer: [], schema: document.resolve(schema), type: document.type(document.resolve(schema)))
        return ([root] + document.places(schema)).flatMap { place -> [Probe] in
            func probe(_ what: String, _ value: JSONValue?, _ violated: String? = nil) -> Probe? {
                value.map { Probe(operation: operation, place: place, what: what, value: $0, violated: violated) }
            }
            let probes: [Probe?] =
                switch place.type {
                case "string": Self.texts(place.schema).map { probe($0.what, $0.value, $0.violated) }
                case "integer", "number": Self.numbers(place.schema).map { probe($0.what, $0.value, $0.violated) }
                case "array": Self.arrays(place.schema, document).map { probe($0.what, $0.value, $0.violated) }
                default: []
                }
            return probes.compactMap(\.self)
        }
    }

    private typealias Values = [(what: String, value: JSONValue?, violated: String?)]

    private static func texts(_ schema: JSONValue) -> Values {
        guard schema["enum"] == nil else { return [] }
        let isFree = APIDocument.takesAnyText(schema)
        var values: Values = []
        func repeated(_ character: String, _ count: Int) -> JSONValue {
            .string(String(repeating: character, count: count))
        }
        if let limit = schema["maxLength"]?.intValue {
            values.append(("of \(limit) characters", text(schema, of: limit), nil))
            values.append(("of \(limit + 1) characters", repeated("a", limit + 1), "maxLength"))
            if isFree {
                // Four bytes of UTF-8, two units of UTF-16, one character.
                values.append(("of \(limit) wide characters", repeated("🧨", limit), nil))
                values.append(("of \(limit + 1) wide characters", repeated("🧨", limit + 1), "maxLength"))
            }
        }
        if let limit = schema["minLength"]?.intValue, limit > 0 {
            values.append(("of \(limit) characters at least", text(schema, of: limit), nil))
            values.append(("of \(limit - 1) characters", repeated("a", limit - 1), "minLength"))
        }
        return values
    }

    /// A text of so many characters; nil when the format or the pattern has none of that length.
    private static func text(_ schema: JSONValue, of length: Int) -> JSONValue? {
        func repeated(_ character: String, _ count: Int) -> String { String(repeating: character, count: count) }
        switch schema["format"]?.stringValue {
        case "email":
            // The part before the @ has at most 64 characters (RFC 5321, 4.5.3.1.1).
            let (local, domain) = (repeated("a", 12) + "@", ".example.com")
            let rest = length - local.count - domain.count
            return rest > 0 ? .string(local + hostName(of: rest) + domain) : nil
        case "hostname": return .string(hostName(of: length))
        case .some: return nil
        case nil:
            let candidates = ["a", "A", "1"].map { repeated($0, length) }
            guard let pattern = schema["pattern"]?.stringValue else { return .string(candidates[0]) }
            guard let regex = try? Regex(pattern) else { return nil }
            return candidates.first { $0.firstMatch(of: regex) != nil }.map { .string($0) }
        }
    }

    /// A name of so many characters, of labels with 62 at most.
    private static func hostName(of length: Int) -> String {
        let label = String(repeating: "a", count: 62) + "."
        let name = String(repeating: label, count: length / 63 + 1).prefix(length)
        return name.hasSuffix(".") ? name.dropLast() + "a" : String(name)
    }

    private static func numbers(_ schema: JSONValue) -> Values {
        guard schema["enum"] == nil else { return [] }
        var values: Values = []
        // Beyond 2^53 the neighbour of a limit is the limit.
        func step(_ limit: Int) -> Int { max(1, abs(limit) / 1_000_000) }
        if let limit = schema["minimum"]?.intValue {
            values.append(("at minimum", .integer(limit), nil))
            values.append(("below minimum", .integer(limit - step(limit)), "minimum"))
        }
        if let limit = schema["maximum"]?.intValue {
            values.append(("at maximum", .integer(limit), nil))
            values.append(("above maximum", .integer(limit + step(limit)), "maximum"))
        }
        return values
    }

    private static func arrays(_ schema: JSONValue, _ document: APIDocument) -> Values {
        guard let item = schema["items"].map(document.resolve) else { return [] }
        func elements(_ count: Int) -> JSONValue {
            .array((0..<count).map { item["format"] == "hostname" ? .string("h\($0).example.com") : sample($0) })
        }
        func sample(_ number: Int) -> JSONValue {
            switch document.type(item) {
            case "string": .string("t\(number)")
            // The elements may have to differ.
            case "integer": .integer((item["minimum"]?.intValue ?? 0) + number)
            default: document.sample(item)
            }
        }
        var values: Values = []
        if let limit = schema["maxItems"]?.intValue {
            values.append(("of \(limit) elements", elements(limit), nil))
            values.append(("of \(limit + 1) elements", elements(limit + 1), "maxItems"))
        }
        if let limit = schema["minItems"]?.intValue, limit > 0 {
            values.append(("of \(limit) elements at least", elements(limit), nil))
            values.append(("of \(limit - 1) elements", elements(limit - 1), "minItems"))
        }
        return values
    }
}
