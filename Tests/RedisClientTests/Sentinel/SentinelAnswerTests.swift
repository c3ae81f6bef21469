import Testing

@testable import RedisClient

@Suite struct SentinelAnswerTests {
    private func text(_ text: String) -> RedisValue { .bytes(Array(text.utf8)) }

    @Test func `a master is a host and a port`() {
        #expect(
            SentinelAnswer.endpoint(.array([text("10.0.0.7"), text("6380")])) == .host("10.0.0.7", port: 6380))
        for reply in [
            RedisValue.null, .array([]), .array([text("10.0.0.7")]), .array([text(""), text("6380")]),
            .array([text("10.0.0.7"), text("0")]), .array([text("10.0.0.7"), text("65536")]),
            .array([text("10.0.0.7"), text("x")]), .array([.integer(1), text("6380")]),
        ] {
            #expect(SentinelAnswer.endpoint(reply) == nil)
        }
    }

    @Test func `a switch counts for the watched master only`() {
        func message(_ payload: String, channel: String = "+switch-master") -> [RedisValue] {
            [text("message"), text(channel), text(payload)]
        }
        let switched = message("main 10.0.0.1 6379 10.0.0.2 6380")
        #expect(SentinelAnswer.switchedMaster(switched, name: "main") == .host("10.0.0.2", port: 6380))
        #expect(SentinelAnswer.switchedMaster(switched, name: "other") == nil)
        for other in [
            message("main 10.0.0.1 6379 10.0.0.2"), message("main 10.0.0.1 6379 10.0.0.2 0"), message(""),
            message("main 10.0.0.1 6379 10.0.0.2 6380", channel: "+sdown"), [text("subscribe")], [],
        ] {
            #expect(SentinelAnswer.switchedMaster(other, name: "main") == nil)
        }
    }

    @Test func `the sentinel that helped is asked first, and last when its answer was of no use`() {
        var order = SentinelOrder(count: 3)
        #expect(order.indices == [0, 1, 2])
        order.prefer(2)
        #expect(order.indices == [2, 0, 1])
        order.distrustFirst()
        #expect(order.indices == [0, 1, 2])
        var single = SentinelOrder(count: 1)
        single.distrustFirst()
        #expect(single.indices == [0])
    }
}
