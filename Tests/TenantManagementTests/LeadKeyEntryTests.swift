import Configuration
import ConfigurationChecks
import Primitives
import ServiceKit
import Testing

@testable import TenantManagement

@Suite struct LeadKeyEntryTests {
    /// By the table of formats in MessagePack's specification.
    @Test(
        arguments: [
            (0, [0xA0]), (31, [0xBF]), (32, [0xD9, 32]), (255, [0xD9, 255]), (256, [0xDA, 1, 0]),
            (65_535, [0xDA, 255, 255]),
            (65_536, [0xDB, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])])
    func `texts have their shortest form`(length: Int, header: [UInt8]) {
        let expected = [0x81, 0xA1, UInt8(ascii: "k")] + header + Array(repeating: UInt8(ascii: "v"), count: length)
        #expect(MessagePack.map("k", String(repeating: "v", count: length)) == expected)
    }

    @Test func `lengths are in bytes`() {
        #expect(MessagePack.map("é", "€") == [0x81, 0xA2, 0xC3, 0xA9, 0xA3, 0xE2, 0x82, 0xAC])
    }

    private func configuration(_ format: String?) throws -> LeadConfiguration {
        var environment = ["JWT_SECRET": "a secret"]
        environment["LEAD_KEY_REDIS_FORMAT"] = format
        return try LeadConfiguration(
            reader: try EnvironmentReader.make(folder: "/nowhere", environment: environment))
    }

    @Test(arguments: [(nil, .none), ("", .none), ("none", .none), ("arc", .arc)] as [(String?, LeadKeyRedisFormat)])
    func `no entry is written unless a format is configured`(text: String?, expected: LeadKeyRedisFormat) async throws {
        #expect(try configuration(text).leadKeyRedisFormat == expected)
    }

    @Test func `an unknown format prevents startup`() async throws {
        let failure = #expect(throws: ConfigurationFailure.self) { try configuration("json") }
        #expect(failure?.description == "LEAD_KEY_REDIS_FORMAT is \"json\", but must be one of none, arc")
    }
}
