import JSONCoding
import Primitives
import TraceRecording

/// The JSON encoding of OTLP: identifiers in base 16, 64-bit numbers as texts, enumerations as numbers.
extension TraceExportRequest {
    /// The message.
    package func json() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 512 + spans.count * 700)
        writer.beginObject()
        writer.key("resourceSpans")
        writer.beginArray()
        writer.beginObject()
        writer.key("resource")
        writer.beginObject()
        writer.attributes(resource)
        writer.endObject()
        writer.key("scopeSpans")
        writer.beginArray()
        writer.beginObject()
        writer.key("scope")
        writer.beginObject()
        writer.key("name")
        writer.string(Self.scope.name)
        writer.key("version")
        writer.string(Self.scope.version)
        writer.endObject()
        writer.key("spans")
        writer.beginArray()
        for span in spans { writer.span(span) }
        writer.endArray()
        writer.schemaURL()
        writer.endObject()
        writer.endArray()
        writer.schemaURL()
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func schemaURL() {
        key("schemaUrl")
        string(TraceExportRequest.schemaURL)
    }

    fileprivate mutating func span(_ span: SpanRecord) {
        beginObject()
        key("traceId")
        string(span.context.traceID.description)
        key("spanId")
        string(span.context.spanText)
        if let state = span.traceState {
            key("traceState")
            string(state)
        }
        if let parent = span.parentID {
            key("parentSpanId")
            string(Hex.text(parent))
        }
        key("flags")
        integer(span.exportedFlags)
        key("name")
        string(span.name)
        key("kind")
        integer(span.kind.rawValue)
        key("startTimeUnixNano")
        string("\(span.start)")
        key("endTimeUnixNano")
        string("\(span.end)")
        attributes(span.attributes)
        count("droppedAttributesCount", span.droppedAttributes)
        key("events")
        beginArray()
        for event in span.events {
            beginObject()
            key("timeUnixNano")
            string("\(event.time)")
            key("name")
            string(event.name)
            attributes(event.attributes)
            endObject()
        }
        endArray()
        count("droppedEventsCount", span.droppedEvents)
        key("links")
        beginArray()
        for link in span.links {
            beginObject()
            key("traceId")
            string(link.context.traceID.description)
            key("spanId")
            string(link.context.spanText)
            attributes(link.attributes)
            key("flags")
            integer(link.exportedFlags)
            endObject()
        }
        endArray()
        count("droppedLinksCount", span.droppedLinks)
        key("status")
        beginObject()
        switch span.status {
        case .unset: break
        case .ok:
            key("code")
            integer(1)
        case .error(let text):
            if !text.isEmpty {
                key("message")
                string(text)
            }
            key("code")
            integer(2)
        }
        endObject()
        endObject()
    }

    private mutating func count(_ name: StaticString, _ value: Int) {
        guard value > 0 else { return }
        key(name)
        integer(value)
    }

    fileprivate mutating func attributes(_ attributes: [Attribute]) {
        key("attributes")
        beginArray()
        for attribute in attributes {
            beginObject()
            key("key")
            string(attribute.key)
            key("value")
            self.attribute(attribute.value)
            endObject()
        }
        endArray()
    }

    private mutating func attribute(_ value: AttributeValue) {
        beginObject()
        switch value {
        case .string(let text):
            key("stringValue")
            string(text)
        case .bool(let flag):
            key("boolValue")
            bool(flag)
        case .integer(let number):
            key("intValue")
            string("\(number)")
        case .double(let number):
            key("doubleValue")
            // JSON has no other numbers; protocol buffers write them as texts.
            if number.isFinite {
                double(number)
            } else {
                string(number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
            }
        case .array(let values):
            key("arrayValue")
            beginObject()
            key("values")
            beginArray()
            for value in values { attribute(value) }
            endArray()
            endObject()
        }
        endObject()
    }
}
