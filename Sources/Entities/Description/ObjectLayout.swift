import JSONCoding
import PostgresClient

/// How rows become JSON objects: the type of each column, and the text in front of its value. All texts lie in one
/// block of memory, because a list has thousands of values, and every reference that is followed would be counted.
struct ObjectLayout: Sendable {
    fileprivate struct Slot {
        let type: FieldType
        /// Where the text before the value lies; nil for columns that are not shown.
        let key: Range<Int>?
    }

    private let slots: [Slot]
    private let texts: [UInt8]

    /// The layout of rows with these columns.
    init(_ columns: [Projection.Column]) {
        var slots: [Slot] = []
        slots.reserveCapacity(columns.count)
        var texts: [UInt8] = []
        for column in columns {
            let start = texts.count
            if column.isShown { texts += column.key.text }
            slots.append(Slot(type: column.field.type, key: column.isShown ? start..<texts.count : nil))
        }
        self.slots = slots
        self.texts = texts
    }

    /// Lends the layout's memory, for as many rows as there are.
    func withPointers<Result>(_ body: (Pointers) -> Result) -> Result {
        slots.withUnsafeBufferPointer { slots in
            texts.withUnsafeBytes { texts in body(Pointers(slots: slots, texts: texts)) }
        }
    }

    /// The layout's memory, lent.
    struct Pointers {
        fileprivate let slots: UnsafeBufferPointer<Slot>
        fileprivate let texts: UnsafeRawBufferPointer

        /// How many columns there are.
        var count: Int { slots.count }

        /// Writes the value of a column, by its number, as a member of the object; nothing if it is not shown.
        func writeMember(_ column: Int, _ datum: PostgresDatum, to writer: inout JSONWriter) {
            let slot = slots[column]
            guard let key = slot.key else { return }
            slot.type.writeMember(UnsafeRawBufferPointer(rebasing: texts[key]), datum, to: &writer)
        }
    }
}

extension FieldType {
    /// Writes a value of the type as a member.
    ///
    /// A value of another type than described is written as `null`: a response is never broken half-way. Such a
    /// difference between description and table is found by the entity's own tests.
    fileprivate func writeMember(
        _ key: UnsafeRawBufferPointer, _ datum: PostgresDatum, to writer: inout JSONWriter
    ) {
        switch self {
        case .string:
            if let text = datum.text { return writer.member(key, utf8: text) }
        case .identifier:
            if let identifier = datum.identifier { return writer.member(key, identifier) }
        case .integer:
            if let number = datum.int64 { return writer.member(key, number) }
        case .number:
            if let literal = datum.numericText {
                writer.key(ready: key)
                return writer.number(literal: literal)
            }
        case .boolean:
            if let flag = datum.bool { return writer.member(key, flag) }
        case .timestamp:
            if let timestamp = datum.timestamp { return writer.member(key, timestamp) }
        case .json:
            if let json = datum.text {
                writer.key(ready: key)
                return writer.raw(json)
            }
        case .strings:
            if let texts = datum.textArray {
                writer.key(ready: key)
                writer.beginArray()
                for text in texts { writer.string(text) }
                return writer.endArray()
            }
        }
        writer.nullMember(key)
    }
}
