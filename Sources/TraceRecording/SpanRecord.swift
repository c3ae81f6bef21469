package import Primitives
import Tracing

/// What is known of a span: what an exporter sends.
package struct SpanRecord: Sendable {
    /// What role the work has between processes. The numbers are those of OTLP.
    package enum Kind: Int, Sendable, Hashable {
        case `internal` = 1
        case server = 2
        case client = 3
        case producer = 4
        case consumer = 5

        init(_ kind: SpanKind) {
            switch kind {
            case .internal: self = .internal
            case .server: self = .server
            case .client: self = .client
            case .producer: self = .producer
            case .consumer: self = .consumer
            }
        }
    }

    /// How the work ended, as the instrumentation says it.
    package enum Status: Sendable, Hashable {
        case unset
        case ok
        /// The text has no data.
        case error(String)
    }

    /// A moment within the span.
    package struct Event: Sendable, Hashable {
        package let name: String
        /// Nanoseconds since 1970.
        package let time: UInt64
        package let attributes: [Attribute]

        package init(name: String, time: UInt64, attributes: [Attribute] = []) {
            self.name = name
            self.time = time
            self.attributes = attributes
        }
    }

    /// Another span that is related, but not as parent or child.
    package struct Link: Sendable, Hashable {
        package let context: TraceContext
        package let attributes: [Attribute]

        package init(_ context: TraceContext, attributes: [Attribute] = []) {
            self.context = context
            self.attributes = attributes
        }
    }

    /// Where the span is in its trace.
    package var context: TraceContext
    /// The parent; nil for the first span of a trace.
    package var parentID: UInt64?
    /// Whether the parent is in another process.
    package var hasRemoteParent: Bool
    /// The caller's `tracestate`, which is passed on as it is.
    package var traceState: String?
    package var name: String
    package let kind: Kind
    /// Nanoseconds since 1970.
    package let start: UInt64
    /// Nanoseconds since 1970; the start until the span has ended.
    package var end: UInt64
    package var attributes: [Attribute]
    package var droppedAttributes = 0
    package var events: [Event] = []
    package var droppedEvents = 0
    package var links: [Link] = []
    package var droppedLinks = 0
    package var status = Status.unset

    package init(
        context: TraceContext, parentID: UInt64? = nil, hasRemoteParent: Bool = false, traceState: String? = nil,
        name: String, kind: Kind, start: UInt64, attributes: [Attribute] = []
    ) {
        self.context = context
        self.parentID = parentID
        self.hasRemoteParent = hasRemoteParent
        self.traceState = traceState
        self.name = name
        self.kind = kind
        self.start = start
        self.end = start
        self.attributes = attributes
    }

    /// Sets an attribute; a second value of a key replaces the first.
    mutating func set(_ attribute: Attribute, limits: SpanLimits) {
        let attribute = limits.shortened(attribute)
        if let index = attributes.firstIndex(where: { $0.key == attribute.key }) {
            attributes[index] = attribute
        } else if attributes.count < limits.attributes {
            attributes.append(attribute)
        } else {
            droppedAttributes += 1
        }
    }

    mutating func add(_ event: Event, limits: SpanLimits) {
        guard events.count < limits.events else {
            droppedEvents += 1
            return
        }
        events.append(event)
    }

    mutating func add(_ link: Link, limits: SpanLimits) {
        guard links.count < limits.links else {
            droppedLinks += 1
            return
        }
        links.append(link)
    }
}

/// Takes spans that have ended. Called where they end: it must not wait.
package protocol SpanSink: Sendable {
    /// - Parameter spans: Of one trace or of several, in the order in which they have ended.
    func record(_ spans: [SpanRecord])
}
