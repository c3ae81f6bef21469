import Observability
import Testing

@Suite struct ReadableLogLineTests {
    @Test(arguments: [
        (
            #"{"time":"2026-11-29T12:30:01.123Z","level":"warning","logger":"arc","message":"Away","reason":"no answer","n":3}"#,
            "12:30:01.123 WARNING Away (reason=no answer n=3)"
        ),
        (
            #"{"time":"2026-11-29T12:30:01.123Z","level":"info","message":"request","method":"GET","path":"/ping","status":200,"durationMicroseconds":1234}"#,
            "12:30:01.123 INFO GET /ping 200 1.2 ms"
        ),
        (#"{"level":"error","message":"bad","list":["a"]}"#, #" ERROR bad (list=["a"])"#),
        ("Fatal error: something", "Fatal error: something"), ("{not JSON", "{not JSON"), (#"{"a":1}"#, #"{"a":1}"#),
        (#"{"message":"\u001b[31mred\u202e"}"#, " INFO  [31mred "), ("", ""),
    ])
    func `a line is written as people read it, and what is none stays`(line: String, text: String) {
        #expect(ReadableLogLine.text(of: line) == text)
    }
}
