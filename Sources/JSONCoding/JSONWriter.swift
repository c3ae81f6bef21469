package import Primitives

/// Writes JSON text (RFC 8259) into an array of bytes: no intermediate values, no reflection, no copies.
///
/// The writer places the commas; the caller is responsible for the structure: every `begin` has its `end`, and within
/// an object a `key` comes before each value. Text comes out compact, non-ASCII characters as they are.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.beginObject()
/// writer.member("id", tenant.id)
/// writer.key("contacts")
/// writer.beginArray()
/// for contact in contacts { contact.write(to: &writer) }
/// writer.endArray()
/// writer.endObject()
/// ```
package struct JSONWriter: Sendable {
    /// The text written so far. Reading it copies nothing, as long as the writer is not used again afterwards.
    package private(set) var bytes: [UInt8]

    /// Whether the next key or element needs a comma, because a value precedes it.
    var needsComma = false

    /// A writer of a new text.
    ///
    /// - Parameter reservingCapacity: the expected size in bytes; more is allocated when needed.
    package init(reservingCapacity capacity: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// A writer that appends one JSON text to bytes that are already there, in place when the caller gives them away
    /// (`JSONWriter(appendingTo: consume buffer)`); see also `Array.appendJSON`.
    package init(appendingTo bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    /// Forgets the text and keeps the memory, for the next text.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    // MARK: Structure

    /// Writes `{`.
    package mutating func beginObject() {
        open(UInt8(ascii: "{"))
    }

    /// Writes `}`.
    package mutating func endObject() {
        close(UInt8(ascii: "}"))
    }

    /// Writes `[`.
    package mutating func beginArray() {
        open(UInt8(ascii: "["))
    }

    /// Writes `]`.
    package mutating func endArray() {
        close(UInt8(ascii: "]"))
    }

    /// Writes the key of the next member. It must not contain anything that needs escaping.
    package mutating func key(_ key: StaticString) {
        assert(key.hasPointerRepresentation, "a key of one character must be a string literal of type String")
        let name = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        assert(JSONEscaping.firstEscape(in: name, from: 0) == name.count, "a static key must not need escaping")
        let comma = needsComma
        needsComma = false
        append(atMost: name.count + 4) { buffer in
            var count = 0
            if comma {
                buffer[0] = UInt8(ascii: ",")
                count = 1
            }
            buffer[count] = UInt8(ascii: "\"")
            UnsafeMutableRawBufferPointer(rebasing: buffer[(count + 1)...]).copyMemory(from: name)
            count += name.count
            buffer[count + 1] = UInt8(ascii: "\"")
            buffer[count + 2] = UInt8(ascii: ":")
            return count + 3
        }
    }

    /// Writes the key of the next member, escaped.
    package mutating func key(_ key: String) {
        string(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Values

    /// Writes `true` or `false`.
    package mutating func bool(_ value: Bool) {
        literal(value ? "true" : "false")
    }

    /// Writes `null`.
    package mutating func null() {
        literal("null")
    }

    /// Writes the identifier as a string, lower case.
    package mutating func identifier(_ identifier: Identifier) {
        scalar(atMost: Identifier.textLength + 2) { $0.writeQuoted(identifier) }
    }

    /// Writes the instant as a string, `"2026-01-05T10:00:00.000Z"`.
    package mutating func timestamp(_ timestamp: Timestamp) {
        scalar(atMost: Timestamp.maximumTextLength + 2) { $0.writeQuoted(timestamp) }
    }

    /// Writes bytes that already are one JSON text, unchecked: a `jsonb` column, a cached body.
    package mutating func raw(_ text: [UInt8]) {
        separate()
        bytes.append(contentsOf: text)
    }

    /// Writes bytes that already are one JSON text, unchecked.
    package mutating func raw(_ text: UnsafeRawBufferPointer) {
        separate()
        bytes.append(contentsOf: text)
    }

    // MARK: Parts

    /// Writes the comma that the next value needs.
    mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Writes a word as a value.
    private mutating func literal(_ word: StaticString) {
        scalar(atMost: word.utf8CodeUnitCount) { $0.write(word) }
    }

    /// Writes a value by appending to the text.
    mutating func appendValue(_ body: (inout [UInt8]) -> Void) {
        separate()
        body(&bytes)
    }

    /// Writes a comma, when one is needed, and a value of at most the given size with one check of the capacity.
    ///
    /// - Parameter body: writes from the start of the buffer and returns how many bytes it wrote.
    @inline(__always)
    mutating func scalar(atMost size: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) {
        let comma = needsComma
        needsComma = true
        append(atMost: size + 1) { buffer in
            guard comma else { return body(buffer) }
            buffer[0] = UInt8(ascii: ",")
            return body(UnsafeMutableRawBufferPointer(rebasing: buffer[1...])) + 1
        }
    }

    /// Appends what the closure writes to the start of the buffer; it returns how many bytes it wrote.
    @inline(__always)
    mutating func append(atMost size: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) {
        bytes.append(addingCapacity: size) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                let free = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                count += body(free)
            }
        }
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }
}

/// Values at the start of memory that has room for them; each returns how many bytes it wrote.
extension UnsafeMutableRawBufferPointer {
    func write(_ word: StaticString) -> Int {
        copyMemory(from: UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        return word.utf8CodeUnitCount
    }

    func writeQuoted(_ identifier: Identifier) -> Int {
        self[0] = UInt8(ascii: "\"")
        identifier.write(to: UnsafeMutableRawBufferPointer(rebasing: self[1...]))
        self[Identifier.textLength + 1] = UInt8(ascii: "\"")
        return Identifier.textLength + 2
    }

    func writeQuoted(_ timestamp: Timestamp) -> Int {
        self[0] = UInt8(ascii: "\"")
        let length = timestamp.write(to: UnsafeMutableRawBufferPointer(rebasing: self[1...]))
        self[length + 1] = UInt8(ascii: "\"")
        return length + 2
    }

    /// Text that needs no escapes.
    func writeQuoted(_ text: UnsafeRawBufferPointer) -> Int {
        self[0] = UInt8(ascii: "\"")
        UnsafeMutableRawBufferPointer(rebasing: self[1...]).copyMemory(from: text)
        self[text.count + 1] = UInt8(ascii: "\"")
        return text.count + 2
    }
}

extension [UInt8] {
    /// Appends one JSON text to the array, in place.
    package mutating func appendJSON<E: Error>(_ write: (inout JSONWriter) throws(E) -> Void) throws(E) {
        // The array is moved into the writer and back; for that moment this variable is empty, so nothing is copied.
        var writer = JSONWriter(appendingTo: exchange(with: []))
        defer { self = writer.bytes }
        try write(&writer)
    }

    private mutating func exchange(with other: [UInt8]) -> [UInt8] {
        var result = other
        swap(&self, &result)
        return result
    }
}
