import Primitives
import Testing

@Suite struct TraceStateTests {
    @Test(arguments: ["a=1", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7", "t1@v2=x y", "a=1, b=2 ,,c=3", "0a_-*/=~!"])
    func `a valid state is passed on as it is`(text: String) {
        #expect(TraceState.checked(text) == text)
    }

    @Test(arguments: [
        "", ",", "a", "=1", "a=", "A=1", "a=1,a=2", "a=b=c", "a=\u{7F}", "a=é", "a b=1", "a=1\r\nx: y",
        (0..<33).map { "k\($0)=1" }.joined(separator: ","), "a=" + String(repeating: "x", count: 511),
    ])
    func `anything else is dropped`(text: String) {
        #expect(TraceState.checked(text) == nil)
    }
}
