import Configuration
import ConfigurationChecks
import Testing

@testable import MessageBusEventBridge

@Suite struct EventBridgeConfigurationTests {
    private func configuration(_ variables: [String: String]) throws -> EventBridgeConfiguration {
        try EventBridgeConfiguration(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    @Test func `source and bus are those of the original unless they are set`() throws {
        let usual = try configuration([:])
        #expect(usual.source == "CONTROL-PLANE" && usual.busName == "default")
        let changed = try configuration([
            "EVENT_BUS_NAME": "arn:aws:events:eu-west-1:123456789012:event-bus/arc", "EVENT_BRIDGE_SOURCE": "ARC-SAAS",
            "EVENT_BRIDGE_MAXIMUM_BYTES": "262144",
        ])
        #expect(changed.source == "ARC-SAAS" && changed.busName.hasSuffix("/arc") && changed.maximumBytes == 262_144)
    }

    @Test(arguments: [
        (["EVENT_BUS_NAME": "a b"], "EVENT_BUS_NAME"), (["EVENT_BRIDGE_SOURCE": "aws.ec2"], "EVENT_BRIDGE_SOURCE"),
        (["EVENT_BRIDGE_SOURCE": String(repeating: "a", count: 257)], "EVENT_BRIDGE_SOURCE"),
        (["EVENT_BRIDGE_MAXIMUM_BYTES": "10"], "EVENT_BRIDGE_MAXIMUM_BYTES"),
    ])
    func `a wrong setting stops the start, and the error names it`(variables: [String: String], key: String) throws {
        #expect(try #require(throws: ConfigurationFailure.self) { try configuration(variables) }.key == key)
    }
}
