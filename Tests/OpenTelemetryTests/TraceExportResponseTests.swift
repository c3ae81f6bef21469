import OpenTelemetry
import Testing

@Suite struct TraceExportResponseTests {
    @Test(arguments: [
        ("{}", 0, ""), (#"{"partialSuccess":null}"#, 0, ""), (#"{"partialSuccess":{}}"#, 0, ""),
        (#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"old"}}"#, 3, "old"),
        (#"{"partialSuccess":{"rejectedSpans":4}}"#, 4, ""), (#"{"partialSuccess":{"rejectedSpans":-1}}"#, 0, ""),
        (#"{"partialSuccess":{"rejectedSpans":"many"}}"#, 0, ""), ("", 0, ""), ("<html>", 0, ""), ("[]", 0, ""),
    ])
    func `a partial success in JSON is read, and what is no response rejects nothing`(
        text: String, rejected: Int, message: String
    ) {
        let response = TraceExportResponse(Array(text.utf8), as: .json)
        #expect(response.rejectedSpans == rejected && response.message == message)
    }

    @Test(
        arguments: [
            ([UInt8](), 0, ""), ([0x0A, 0x00], 0, ""), ([0x0A, 0x02, 0x08, 0x05], 5, ""),
            ([0x0A, 0x06, 0x08, 0x96, 0x01, 0x12, 0x01, 0x61], 150, "a"),
            // Another field of a later version, a length beyond the end, a tag alone, an endless number.
            ([0x12, 0x01, 0x00, 0x0A, 0x02, 0x08, 0x01], 1, ""), ([0x0A, 0xFF, 0x01], 0, ""), ([0x0A], 0, ""),
            ([UInt8](repeating: 0xFF, count: 30), 0, ""), (Array("garbage".utf8), 0, ""),
        ] as [([UInt8], Int, String)])
    func `a partial success in protocol buffers is read, and garbage rejects nothing`(
        bytes: [UInt8], rejected: Int, message: String
    ) {
        let response = TraceExportResponse(bytes, as: .protobuf)
        #expect(response.rejectedSpans == rejected && response.message == message)
    }
}
