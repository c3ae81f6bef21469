/// Why payments fail, in the words of card networks that providers pass on.
enum DeclineCode {
    /// The tenant has no way to pay, or it is gone.
    static let noSource = "no_payment_source"
    /// The provider refuses the request itself.
    static let refused = "refused"

    /// Codes after which the same way to pay never works: the schedule is over at once.
    static let final: Set<String> = [
        "expired_card", "fraudulent", "incorrect_number", "invalid_account", "invalid_number", "lost_card",
        "merchant_blacklist", "new_account_information_available", "pickup_card", "restricted_card",
        "revocation_of_all_authorizations", "revocation_of_authorization", "stolen_card", "stop_payment_order",
    ]
}
