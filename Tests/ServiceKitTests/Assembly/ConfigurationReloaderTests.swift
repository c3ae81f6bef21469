import Configuration
import ConfigurationChecks
import Logging
import Synchronization
import Testing

@testable import ServiceKit

@Suite
struct ConfigurationReloaderTests {
    /// A setting with the value of one variable.
    private final class Value: Sendable {
        let current: Mutex<Int>
        let changes = Mutex(0)

        init(_ value: Int) { current = Mutex(value) }

        var value: Int { current.withLock { $0 } }

        func setting(_ name: String, _ variable: String) -> ReloadableSetting {
            ReloadableSetting(
                name, current: { self.value },
                read: { try $0.value(Setting.integer(variable, default: 0, in: 0...9, "A value")) },
                use: { value in
                    self.current.withLock { $0 = value }
                    self.changes.withLock { $0 += 1 }
                })
        }
    }

    private func reload(_ settings: [ReloadableSetting], _ environment: [String: String]) async -> Bool {
        await ConfigurationReloader(
            settings,
            source: { try EnvironmentReader.make(folder: "/nonexistent", environment: environment) },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        ).reload()
    }

    @Test func `everything changes, or nothing`() async {
        let (one, two) = (Value(1), Value(2))
        let settings = [one.setting("one", "ONE_VALUE"), two.setting("two", "TWO_VALUE")]
        #expect(await reload(settings, ["ONE_VALUE": "3", "TWO_VALUE": "4"]))
        #expect(one.value == 3 && two.value == 4)
        for wrong in ["10", "-1", "x"] {
            #expect(await !reload(settings, ["ONE_VALUE": "5", "TWO_VALUE": wrong]))
            #expect(await !reload(settings, ["ONE_VALUE": wrong, "TWO_VALUE": "5"]))
            #expect(one.value == 3 && two.value == 4)
        }
    }

    @Test func `what is as before is not replaced`() async {
        let value = Value(1)
        #expect(await reload([value.setting("one", "ONE_VALUE")], ["ONE_VALUE": "1"]))
        #expect(value.changes.withLock { $0 } == 0)
    }

    @Test func `a configuration that cannot be read changes nothing`() async {
        struct Unreadable: Error {}
        let value = Value(1)
        let reloader = ConfigurationReloader(
            [value.setting("one", "ONE_VALUE")], source: { throw Unreadable() },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        #expect(await !reloader.reload())
        #expect(value.value == 1)
    }
}
