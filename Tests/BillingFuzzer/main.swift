import BillingProperties

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

// Tries random scenarios: `billing-fuzzer COUNT SEED`. Exits with 1 at the first that breaks an invariant.

let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let count = arguments.first ?? 1_000_000
let first = arguments.dropFirst().first ?? UInt64.random(in: 0...UInt64(UInt32.max))
print("\(count) scenarios from seed \(first)")

let properties = BillingProperty.all
for number in 0..<count {
    let property = properties[Int(number % UInt64(properties.count))]
    if let failure = property.failure(seed: first &+ number) {
        print(failure)
        print(
            "To repeat it: make fuzz-billing COUNT=\(properties.count) SEED=\(first &+ number - number % UInt64(properties.count))"
        )
        exit(1)
    }
    if number % 100_000 == 99_999 { print("\(number + 1)") }
}
print("no invariant was broken")
