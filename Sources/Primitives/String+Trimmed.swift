extension StringProtocol {
    /// Without spaces and tabs at both ends.
    package func trimmingSpaces() -> String { String(trimmedSlice) }

    /// The part between the spaces and tabs at both ends, without a copy.
    package var trimmedSlice: SubSequence {
        var slice = self[...]
        while let first = slice.first, first == " " || first == "\t" { slice = slice.dropFirst() }
        while let last = slice.last, last == " " || last == "\t" { slice = slice.dropLast() }
        return slice
    }
}
