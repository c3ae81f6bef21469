import NIOCore
import Testing

@testable import ServiceKit

@Suite struct ClientAddressTests {
    @Test(
        arguments: [
            ("192.0.2.7", "192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:DB8:0:0::1", "2001:db8::1", "2001:db8:0:0::/64"), ("::1", "::1", "0:0:0:0::/64"),
        ])
    func `an IPv6 client is counted by its 64 bit network, a mapped IPv4 address as IPv4`(
        text: String, description: String, network: String
    ) throws {
        let address = try #require(ClientAddress(text))
        #expect(address.description == description && address.network == network)
        let peer = ClientAddress(try SocketAddress(ipAddress: text, port: 4711))
        #expect(peer == address && peer.hashValue == address.hashValue)
    }

    @Test func `two addresses of one network differ and are counted as one`() throws {
        let one = try #require(ClientAddress("2001:db8::1"))
        let other = try #require(ClientAddress("2001:db8::ffff:1"))
        #expect(one != other && one.network == other.network)
    }

    @Test(arguments: ["", "a", "1.2.3", "1.2.3.4:5", "[::1]", "unknown", "1.2.3.4, 5.6.7.8"])
    func `an invalid address is not an address`(_ text: String) { #expect(ClientAddress(text) == nil) }

    @Test(
        arguments: [
            ("1.2.3.4", "1.2.3.4"), ("1.2.3.4:567", "1.2.3.4"), ("[2001:db8::1]:567", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"), ("unknown", nil), ("_hidden", nil),
        ])
    func `forwarded addresses may have ports`(text: String, address: String?) {
        #expect(ClientAddress(forwarded: text)?.description == address)
    }

    @Test func `a socket without an address is this machine`() { #expect(ClientAddress(nil).network == "local") }
}
