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

    package static let configurationKeys: ConfigurationKeys = [
        "EVENT_BUS_NAME", "EVENT_BRIDGE_SOURCE", "EVENT_BRIDGE_MAXIMUM_BYTES",
    ]

    package init(
        busName: String = "default", source: String = "CONTROL-PLANE", maximumBytes: Int = 1_000_000
    ) {
        self.busName = busName
        self.source = source
        self.maximumBytes = maximumBytes
    }

    /// Reads `EVENT_BUS_NAME` (default), `EVENT_BRIDGE_SOURCE` (CONTROL-PLANE) and `EVENT_BRIDGE_MAXIMUM_BYTES` (1000000).
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        self.init()
        busName = reader.text("event.bus.name") ?? busName
        source = reader.text("event.bridge.source") ?? source
        maximumBytes = try reader.integer(
            "event.bridge.maximum.bytes", default: maximumBytes, in: 1024...(1 << 20))
        guard busName.utf8.count <= 1600, busName.utf8.allSatisfy(Self.isVisible) else {
            throw ConfigKey("event.bus.name").failure(busName, "the name or ARN of an event bus")
        }
        guard source.utf8.count <= 256, source.utf8.allSatisfy(Self.isVisible), !source.hasPrefix("aws.") else {
            throw ConfigKey("event.bridge.source").failure(
                source, "at most 256 visible ASCII characters that do not begin with aws.")
        }
    }

    private static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }
}
