#if LIBFUZZER
import Dispatch
import Foundation
import ParserFuzzing

/// The target that `FUZZ_TARGET` names.
private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
    guard let target = FuzzTargets.named(name) else { preconditionFailure("FUZZ_TARGET names no target: \(name)") }
    return target
}()

/// Called by libFuzzer, whose `main` this program has when it is built with `--sanitize fuzzer -Xswiftc -DLIBFUZZER`.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard count <= target.maximumLength else { return -1 }
    let done = DispatchSemaphore(value: 0)
    Task {
        do {
            _ = try await target.check(input)
        } catch {
            preconditionFailure("\(target.name): \(error)")
        }
        done.signal()
    }
    done.wait()
    return 0
}
#endif
