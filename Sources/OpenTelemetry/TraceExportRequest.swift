import Primitives
package import TraceRecording

/// The request of one export: `ExportTraceServiceRequest` of OTLP 1.
package struct TraceExportRequest: Sendable {
    /// Who exports: the service, this process, this machine.
    package let resource: [Attribute]
    package let spans: [SpanRecord]

    package init(resource: [Attribute], spans: [SpanRecord]) {
        self.resource = resource
        self.spans = spans
    }

    /// Name and version of the instrumentation.
    static let scope = (name: "arc", version: ProgramVersion.current)
    /// The version of the semantic conventions that names of attributes follow.
    static let schemaURL = "https://opentelemetry.io/schemas/1.38.0"
    /// Bits of `flags` beside those of W3C: whether it is known that the parent is remote, and whether it is.
    static let isRemoteKnown: UInt32 = 0x100
    static let isRemote: UInt32 = 0x200
}

extension SpanRecord {
    /// `flags` of OTLP.
    var exportedFlags: UInt32 {
        UInt32(context.flags) | TraceExportRequest.isRemoteKnown | (hasRemoteParent ? TraceExportRequest.isRemote : 0)
    }
}

extension SpanRecord.Link {
    /// `flags` of OTLP. Whether the other span is remote is not known.
    var exportedFlags: UInt32 { UInt32(context.flags) }
}
