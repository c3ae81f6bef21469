import Primitives
import TraceRecording

/// The binary encoding of OTLP. The numbers are those of opentelemetry/proto/trace/v1/trace.proto.
extension TraceExportRequest {
    /// The message.
    package func protobuf() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.reserve(spans.count * 400)
        writer.message(1) { resourceSpans in
            resourceSpans.message(1) { message in
                for attribute in resource { message.attribute(1, attribute) }
            }
            resourceSpans.message(2) { scopeSpans in
                scopeSpans.message(1) { message in
                    message.string(1, Self.scope.name)
                    message.string(2, Self.scope.version)
                }
                for span in spans { scopeSpans.message(2) { $0.span(span) } }
                scopeSpans.string(3, Self.schemaURL)
            }
            resourceSpans.string(3, Self.schemaURL)
        }
        return writer.bytes
    }
}

extension ProtobufWriter {
    fileprivate mutating func span(_ span: SpanRecord) {
        let trace = span.context.traceID
        words(1, trace.high, trace.low)
        words(2, span.context.spanID)
        if let state = span.traceState { string(3, state) }
        if let parent = span.parentID { words(4, parent) }
        string(5, span.name)
        unsigned(6, UInt64(span.kind.rawValue))
        fixed64(7, span.start)
        fixed64(8, span.end)
        for attribute in span.attributes { self.attribute(9, attribute) }
        unsigned(10, UInt64(span.droppedAttributes))
        for event in span.events {
            message(11) { message in
                message.fixed64(1, event.time)
                message.string(2, event.name)
                for attribute in event.attributes { message.attribute(3, attribute) }
            }
        }
        unsigned(12, UInt64(span.droppedEvents))
        for link in span.links {
            message(13) { message in
                message.words(1, link.context.traceID.high, link.context.traceID.low)
                message.words(2, link.context.spanID)
                for attribute in link.attributes { message.attribute(4, attribute) }
                message.fixed32(6, link.exportedFlags)
            }
        }
        unsigned(14, UInt64(span.droppedLinks))
        switch span.status {
        case .unset: break
        case .ok: message(15) { $0.unsigned(3, 1) }
        case .error(let text):
            message(15) { message in
                message.string(2, text)
                message.unsigned(3, 2)
            }
        }
        fixed32(16, span.exportedFlags)
    }

    fileprivate mutating func attribute(_ field: UInt8, _ attribute: Attribute) {
        message(field) { message in
            message.string(1, attribute.key)
            message.message(2) { $0.value(attribute.value) }
        }
    }

    private mutating func value(_ value: AttributeValue) {
        switch value {
        case .string(let text): memberString(1, text)
        case .bool(let flag): memberUnsigned(2, flag ? 1 : 0)
        case .integer(let number): memberUnsigned(3, UInt64(bitPattern: number))
        case .double(let number): memberDouble(4, number)
        case .array(let values):
            message(5) { array in
                for value in values { array.message(1) { $0.value(value) } }
            }
        }
    }
}
