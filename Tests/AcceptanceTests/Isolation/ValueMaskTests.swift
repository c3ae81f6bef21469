import Testing

@Suite struct ValueMaskTests {
    private let mask = ValueMask(["", "abcd-1", "abcd-12", "xyz"])

    @Test(arguments: [
        ("nothing of it", "nothing of it"), ("id abcd-1!", "id …!"), ("abcd-12 and xyz", "… and …"),
        ("abcd-13", "…3"), ("xyzabcd-1", "……"), ("", ""),
    ])
    func `values become an ellipsis, and nothing else does`(text: String, masked: String) {
        #expect(mask.masked(text) == masked)
    }

    /// Errors shorten what they repeat, maybe within a value.
    @Test(arguments: [
        ("id abcd-… is unknown", "id … is unknown"), ("id abc…", "id …"), ("xy…", "…"), ("yz…", "yz…"), ("é…", "é…"),
    ])
    func `the beginning of a value before an ellipsis belongs to it`(text: String, masked: String) {
        #expect(mask.masked(text) == masked)
    }
}
