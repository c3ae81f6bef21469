/// Cards that the built-in provider charges in tests (`BILLING_TEST_CARDS`), by their last four digits: those of the test cards of Stripe.
enum TestCard {
    private static let declines: [String: (code: String, text: String)] = [
        "0002": ("card_declined", "The card was declined."),
        "9995": ("insufficient_funds", "The card has insufficient funds."),
        "0119": ("processing_error", "The card could not be processed."),
        "0069": ("expired_card", "The card has expired."),
        "9987": ("lost_card", "The card was reported lost."),
        "9979": ("stolen_card", "The card was reported stolen."),
    ]

    /// Why a card is declined; nil: it is charged.
    static func decline(_ lastFour: String) -> (code: String, text: String)? { declines[lastFour] }
}
