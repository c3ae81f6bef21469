import Testing

@testable import RedisClient

@Suite struct SubscriptionTableTests {
    typealias Effects = SubscriptionTable.Effects

    @Test func `channels are subscribed with the greeting`() {
        var table = SubscriptionTable()
        #expect(table.add(1, channels: ["a", "b"]) == Effects())
        #expect(table.beginSession() == ["a", "b"])
        #expect(table.confirm("a") == Effects())
        #expect(table.confirm("b") == Effects(connected: [1]))
        #expect(table.sessionReady() == Effects())
    }

    @Test func `channels are subscribed and unsubscribed as streams come and go`() {
        var table = SubscriptionTable()
        _ = table.beginSession()
        _ = table.sessionReady()
        #expect(table.add(1, channels: ["a"]) == Effects(subscribe: ["a"]))
        #expect(table.confirm("a") == Effects(connected: [1]))
        #expect(table.add(2, channels: ["a"]) == Effects(connected: [2]))
        #expect(table.add(3, channels: ["a", "b"]) == Effects(subscribe: ["b"]))
        #expect(table.listeners(to: "a") == [1, 2, 3])
        #expect(table.remove(1) == Effects())
        #expect(table.remove(3) == Effects(unsubscribe: ["b"]))
        #expect(table.remove(2) == Effects(unsubscribe: ["a"]))
        #expect(table.remove(2) == Effects())
        #expect(table.listeners(to: "a").isEmpty)
    }

    @Test func `changes during the greeting are applied after it`() {
        var table = SubscriptionTable()
        _ = table.add(1, channels: ["a"])
        #expect(table.beginSession() == ["a"])
        #expect(table.add(2, channels: ["b"]) == Effects())
        #expect(table.remove(1) == Effects())
        _ = table.confirm("a")
        #expect(table.sessionReady() == Effects(subscribe: ["b"], unsubscribe: ["a"]))
    }

    @Test func `a channel that is subscribed again waits for its later confirmation`() {
        var table = SubscriptionTable()
        _ = table.beginSession()
        _ = table.sessionReady()
        #expect(table.add(1, channels: ["a"]) == Effects(subscribe: ["a"]))
        #expect(table.remove(1) == Effects(unsubscribe: ["a"]))
        #expect(table.add(2, channels: ["a"]) == Effects(subscribe: ["a"]))
        #expect(table.confirm("a") == Effects())
        #expect(table.confirm("a") == Effects(connected: [2]))
    }

    @Test func `every connection starts with all channels`() {
        var table = SubscriptionTable()
        _ = table.add(1, channels: ["a"])
        _ = table.add(2, channels: ["b"])
        _ = table.beginSession()
        _ = table.confirm("a")
        _ = table.sessionReady()
        #expect(table.endSession() == [1])
        #expect(table.endSession() == [])
        #expect(table.add(3, channels: ["c"]) == Effects())
        #expect(table.beginSession() == ["a", "b", "c"])
        #expect(table.confirm("a") == Effects(connected: [1]))
    }
}
