/// Packs messages into batches. Pure.
enum BatchPacking {
    /// The places of the messages of each batch, in order.
    /// - Parameters:
    ///   - sizes: The sizes of the messages; none is larger than a batch.
    ///   - maximumCount: Most messages of a batch.
    ///   - maximumSize: Most bytes of a batch.
    static func pack(_ sizes: [Int], maximumCount: Int, maximumSize: Int) -> [[Int]] {
        var batches: [[Int]] = []
        var room = 0
        for (place, size) in sizes.enumerated() {
            if size > room || (batches.last?.count ?? maximumCount) >= maximumCount {
                batches.append([])
                room = maximumSize
            }
            batches[batches.count - 1].append(place)
            room -= size
        }
        return batches
    }
}
