package import Configuration
package import ConfigurationChecks

/// Which event bus is used, and as what.
package struct EventBridgeConfiguration: Sendable, Hashable {
    /// The name or ARN of the event bus.
    package var busName: String
    /// The member `source` of events, which rules match on.
    package var source: String
    /// Most bytes of a request, and so of an event.
    package var maximumBytes: Int

    private enum Settings {
        static let busName = Setting.text(
            "EVENT_BUS_NAME", default: "default", values: "the name or ARN of an event bus",
            "Event bus of EventBridge"
        ) { $0.utf8.count <= 1600 && $0.utf8.allSatisfy(isVisible) }
        static let source = Setting.text(
            "EVENT_BRIDGE_SOURCE", default: "CONTROL-PLANE",
            values: "at most 256 visible ASCII characters that do not begin with aws.", "`source` of events"
        ) { $0.utf8.count <= 256 && $0.utf8.allSatisfy(isVisible) && !$0.hasPrefix("aws.") }
        static let maximumBytes = Setting.integer(
            "EVENT_BRIDGE_MAXIMUM_BYTES", default: 1_000_000, in: 1024...(1 << 20),
            "Most bytes of a request and of an event with its envelope; larger events become dead letters of the outbox"
        )
    }

    package static let configurationKeys = ConfigurationKeys(
        "EventBridge", [Settings.busName, Settings.source, Settings.maximumBytes])

    package init(
        busName: String = "default", source: String = "CONTROL-PLANE", maximumBytes: Int = 1_000_000
    ) {
        self.busName = busName
        self.source = source
        self.maximumBytes = maximumBytes
    }

    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        self.init(
            busName: try reader.value(Settings.busName), source: try reader.value(Settings.source),
            maximumBytes: try reader.value(Settings.maximumBytes))
    }

    private static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }
}
