import Entities
import Foundation
import JSONCoding
import Testing

@testable import ServiceKit

/// The documents' patterns of headers accept what the service accepts.
@Suite struct HeaderPatternTests {
    private func fits(_ text: String, _ parameter: OperationParameter) throws -> Bool {
        var writer = JSONWriter()
        parameter.schema.write(to: &writer)
        let pattern = try #require(try JSONValue.parse(writer.bytes)["pattern"]?.stringValue)
        return text.range(of: pattern, options: .regularExpression) != nil
    }

    @Test(arguments: [
        ("*", true), ("\"7\"", true), ("\"7\", W/\"8-ab\"", true), ("\"7\",\t\"8\"", true), ("", false), ("7", false),
        ("\"7", false), ("\"7\",", false), ("*, \"7\"", false), ("\"7\" \"8\"", false), ("w/\"7\"", false),
    ])
    func `the pattern of entity tags accepts what the parser accepts`(_ header: String, _ isAccepted: Bool) throws {
        #expect((EntityTagList(header: header) != nil) == isAccepted)
        #expect(try fits(header, .ifMatch) == isAccepted)
        #expect(try fits(header, .ifNoneMatch) == isAccepted)
    }

    @Test(arguments: [
        ("a", true), ("a b", true), ("~!", true), ("", false), (" a", false), ("a ", false), ("é", false),
    ])
    func `the pattern of idempotency keys accepts what the parser accepts`(_ key: String, _ isAccepted: Bool) throws {
        #expect(IdempotencyKey.pattern.matches(key) == isAccepted)
        #expect(try fits(key, .idempotencyKey) == isAccepted)
    }
}
