import Configuration
import ConfigurationChecks
import NIOCore
import Testing

@testable import DNSClient

@Suite struct DNSConfigurationTests {
    private static func make(_ resolver: String) throws -> DNSConfiguration {
        try DNSConfiguration(
            reader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: ["DNS_RESOLVER": resolver])))
    }

    @Test func `name servers are addresses with an optional port`() throws {
        let servers = try Self.make("192.0.2.1, 192.0.2.2:5353,[2001:db8::1]:54").servers
        #expect(servers.map { $0.ipAddress } == ["192.0.2.1", "192.0.2.2", "2001:db8::1"])
        #expect(servers.map { $0.port } == [53, 5353, 54])
        #expect(try Self.make("2001:db8::1").servers.first?.port == 53)
        for wrong in [
            "dns.example.com", "192.0.2.1:0", "192.0.2.1:x", "1.1.1.1,", "1.1.1.1 2.2.2.2",
            "1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4",
        ] {
            let failure = #expect(throws: ConfigurationFailure.self, "\(wrong)") { try Self.make(wrong) }
            #expect(failure?.key == "DNS_RESOLVER")
        }
    }

    @Test func `without a setting the name servers of the machine are used`() {
        let file = """
            # nameserver 192.0.2.9
            search example.com
            nameserver 192.0.2.1
            nameserver\tfe80::1%eth0
            nameserver 2001:db8::53 # comment
            nameserver 192.0.2.3
            nameserver 192.0.2.4
            """
        #expect(
            DNSConfiguration.nameServers(in: file).map { $0.ipAddress } == ["192.0.2.1", "2001:db8::53", "192.0.2.3"])
    }
}
