import Testing

@testable import PostgresClient

@Suite struct HostOrderTests {
    private static func order(_ order: HostOrder, port: String = "1,2,3") -> String {
        let (host, port) = order.arrange(host: "a,b,c", port: port)
        return "\(host) \(port)"
    }

    @Test func `the host that led to a connection last is the first`() {
        let order = HostOrder()
        #expect(Self.order(order) == "a,b,c 1,2,3")
        order.succeeded(host: "c", port: "3", of: ("a,b,c", "1,2,3"))
        #expect(Self.order(order) == "c,a,b 3,1,2")
        #expect(Self.order(order, port: "5432") == "c,a,b 5432")
        order.succeeded(host: "b", port: "5432", of: ("a,b,c", "5432"))
        #expect(Self.order(order) == "b,c,a 2,3,1")
        order.succeeded(host: "elsewhere", port: "1", of: ("a,b,c", "1,2,3"))
        #expect(Self.order(order) == "b,c,a 2,3,1")
    }

    @Test func `after a failure the next host is the first`() {
        let order = HostOrder()
        let orders = (0..<3).map { _ in
            order.failed(of: "a,b,c")
            return Self.order(order)
        }
        #expect(orders == ["b,c,a 2,3,1", "c,a,b 3,1,2", "a,b,c 1,2,3"])
    }

    @Test func `one host stays as it is`() {
        let order = HostOrder()
        order.failed(of: "a")
        order.succeeded(host: "a", port: "1", of: ("a", "1"))
        #expect(order.arrange(host: "a", port: "1") == ("a", "1"))
    }

    @Test func `the same host at several ports is told apart by its port`() {
        let order = HostOrder()
        order.succeeded(host: "a", port: "2", of: ("a,a", "1,2"))
        #expect(order.arrange(host: "a,a", port: "1,2") == ("a,a", "2,1"))
    }

    @Test func `copies of a configuration share the order, those that listen elsewhere do not`() {
        var configuration = PostgresConfiguration(host: "a,b,c", user: "u", database: "d")
        let copy = configuration
        copy.hostOrder.failed(of: copy.host)
        #expect(configuration.connectionParameters().contains { $0 == ("host", "b,c,a") })
        #expect(configuration.forListening.connectionParameters().contains { $0 == ("host", "b,c,a") })
        configuration.listenHost = "x,y"
        configuration.listenPort = "6"
        let listening = configuration.forListening.connectionParameters()
        #expect(listening.contains { $0 == ("host", "x,y") } && listening.contains { $0 == ("port", "6") })
        #expect(listening.contains { $0 == ("target_session_attrs", "read-write") })
    }

    @Test func `a machine that is gone is noticed in time`() {
        var configuration = PostgresConfiguration(user: "u", database: "d")
        let defaults = configuration.connectionParameters()
        #expect(defaults.contains { $0 == ("tcp_user_timeout", "10000") })
        #expect(
            defaults.contains { $0 == ("keepalives_idle", "5") }
                && defaults.contains { $0 == ("keepalives_interval", "1") })
        configuration.networkTimeout = .milliseconds(2000)
        let least = configuration.connectionParameters()
        #expect(
            least.contains { $0 == ("keepalives_idle", "1") } && least.contains { $0 == ("keepalives_interval", "1") })
    }
}
