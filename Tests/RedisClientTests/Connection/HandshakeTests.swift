import NIOCore
import Testing

@testable import RedisClient

@Suite struct HandshakeTests {
    private static let greeting = RedisValue.map([.init(key: .simple("proto"), value: .integer(3))])
    private static let refusal = RedisServerError(code: .authenticationRequired, message: "")

    private func wire(_ handshake: Handshake) -> String {
        var buffer = ByteBuffer()
        handshake.write(to: &buffer)
        return String(buffer: buffer)
    }

    private func make(database: Int = 0, setup: [SetupCommand] = []) -> Handshake {
        Handshake(credentials: nil, clientName: nil, database: database, setup: setup)
    }

    @Test func `the greeting is one write`() {
        let handshake = Handshake(
            credentials: RedisCredentials(username: "u", password: RedisSecret("p")), clientName: "n", database: 2,
            setup: [SetupCommand(arguments: ["X"], confirmations: nil)])
        #expect(
            wire(handshake)
                == "*7\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$1\r\np\r\n$7\r\nSETNAME\r\n$1\r\nn\r\n"
                + "*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n*1\r\n$1\r\nX\r\n")
        #expect(wire(make()) == "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n")
    }

    @Test func `the handshake ends with the last reply`() {
        var handshake = make(database: 1, setup: [SetupCommand(arguments: ["X"], confirmations: nil)])
        #expect(handshake.receive(.success(Self.greeting)) == .underWay)
        #expect(handshake.receive(.success(.simple("OK"))) == .underWay)
        #expect(handshake.receive(.success(.simple("OK"))) == .done)
    }

    @Test func `the handshake fails with any error`() {
        var first = make()
        #expect(first.receive(.failure(Self.refusal)) == .failed(.handshake(Self.refusal)))
        var second = make(database: 99)
        #expect(second.receive(.success(Self.greeting)) == .underWay)
        #expect(second.receive(.failure(Self.refusal)) == .failed(.handshake(Self.refusal)))
    }

    @Test func `RESP3 is required`() {
        var handshake = make()
        let old = RedisValue.map([.init(key: .simple("proto"), value: .integer(2))])
        #expect(handshake.receive(.success(old)) == .failed(.protocolViolation(.malformedBody)))
    }

    @Test func `a server that must be the master says so before anything else is done`() {
        func make() -> Handshake {
            Handshake(credentials: nil, clientName: nil, database: 1, setup: [], mustBeMaster: true)
        }
        #expect(wire(make()).contains("HELLO\r\n$1\r\n3\r\n*1\r\n$4\r\nROLE\r\n*2\r\n$6\r\nSELECT"))
        var master = make()
        #expect(master.receive(.success(Self.greeting)) == .underWay)
        #expect(
            master.receive(.success(.array([.bytes(Array("master".utf8)), .integer(0), .array([])]))) == .underWay)
        #expect(master.receive(.success(.simple("OK"))) == .done)
        for role in [RedisValue.array([.bytes(Array("slave".utf8))]), .array([]), .null, .simple("master")] {
            var other = make()
            _ = other.receive(.success(Self.greeting))
            #expect(other.receive(.success(role)) == .failed(.notMaster))
        }
    }

    @Test func `confirmations are counted`() {
        var handshake = make(setup: [SetupCommand(arguments: ["SUBSCRIBE", "a", "b"], confirmations: 2)])
        #expect(handshake.receiveConfirmation() == .underWay)
        #expect(handshake.receive(.success(Self.greeting)) == .underWay)
        #expect(handshake.receiveConfirmation() == .underWay)
        #expect(handshake.receiveConfirmation() == .done)
    }
}
