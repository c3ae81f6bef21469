/// Runs something many times, several at a time, and keeps what came of it.
/// - Parameters:
///   - count: How often.
///   - width: How many at once.
///   - body: Gets the number of its turn, from 0.
/// - Returns: The results in no particular order.
package func concurrently<Value: Sendable>(
    _ count: Int, width: Int, _ body: @escaping @Sendable (Int) async -> Value
) async -> [Value] {
    await withTaskGroup(of: Value.self) { group in
        var results: [Value] = []
        for index in 0..<count {
            if index >= width, let value = await group.next() { results.append(value) }
            group.addTask { await body(index) }
        }
        for await value in group { results.append(value) }
        return results
    }
}
