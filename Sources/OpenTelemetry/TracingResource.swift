import Configuration
import ConfigurationChecks
import Primitives
import TraceRecording

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Who exports: the attributes of the resource (semantic conventions, "Resource").
struct TracingResource {
    let attributes: [Attribute]

    /// `OTEL_SERVICE_NAME` wins over `service.name` in `OTEL_RESOURCE_ATTRIBUTES`, which wins over the original's
    /// `SERVICE_NAME`. What else `OTEL_RESOURCE_ATTRIBUTES` says wins over what the process knows of itself.
    init(lenient: LenientReader, service: String) throws(ConfigurationFailure) {
        let original = try lenient.value(TracingSettings.originalName)
        let named = try lenient.value(TracingSettings.name)
        let given = try lenient.value(TracingSettings.attributes)
        var attributes = [
            Attribute("service.name", .string(original ?? service)),
            Attribute("service.version", .string(ProgramVersion.current)),
            Attribute("service.instance.id", .string(Identifier.v4().description)),
            Attribute("process.pid", .integer(Int64(getpid()))), Attribute("telemetry.sdk.name", .string("arc")),
            Attribute("telemetry.sdk.language", .string("swift")),
            Attribute("telemetry.sdk.version", .string(ProgramVersion.current)),
        ]
        if let host = HostName.current { attributes.append(Attribute("host.name", .string(host))) }
        for pair in given { Self.set(Attribute(pair.key, .string(pair.value)), in: &attributes) }
        if let named { Self.set(Attribute("service.name", .string(named)), in: &attributes) }
        self.attributes = attributes
    }

    private static func set(_ attribute: Attribute, in attributes: inout [Attribute]) {
        if let index = attributes.firstIndex(where: { $0.key == attribute.key }) {
            attributes[index] = attribute
        } else {
            attributes.append(attribute)
        }
    }
}
