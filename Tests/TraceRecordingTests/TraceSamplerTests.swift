import Primitives
import Testing
import TraceRecording

@Suite struct TraceSamplerTests {
    private static let sampled = TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    private static let unsampled = TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")

    @Test func `a share of the traces is sampled`() {
        for share in [0.0, 0.1, 0.5, 1.0] {
            let sampler = TraceSampler(.ratio(share))
            let count = (0..<10_000).count { _ in sampler.samples(.random(), parent: nil) }
            #expect(abs(Double(count) / 10_000 - share) < 0.05, "\(share)")
        }
    }

    @Test func `everybody decides alike on a trace`() {
        let (some, more) = (TraceSampler(.ratio(0.3)), TraceSampler(.ratio(0.6)))
        for _ in 0..<1000 {
            let trace = TraceID.random()
            #expect(some.samples(trace, parent: nil) == some.samples(trace, parent: nil))
            #expect(!some.samples(trace, parent: nil) || more.samples(trace, parent: nil))
        }
    }

    @Test func `a caller's decision holds unless the sampler decides alone`() throws {
        let (sampled, unsampled) = (try #require(Self.sampled), try #require(Self.unsampled))
        #expect(TraceSampler(.never).samples(sampled.traceID, parent: sampled))
        #expect(!TraceSampler(.always).samples(unsampled.traceID, parent: unsampled))
        #expect(!TraceSampler(.never, followsParent: false).samples(sampled.traceID, parent: sampled))
        #expect(TraceSampler(.always, followsParent: false).samples(unsampled.traceID, parent: unsampled))
    }
}
