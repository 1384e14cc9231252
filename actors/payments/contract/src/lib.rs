//! What may be said to the payments.
//!
//! Deposits are charged by asking, because the answer decides. Everything else follows events: a check-out settles the
//! bill, a cancellation gives a refundable deposit back, a no-show keeps it or charges the first night.

mod audit;
mod bill;
mod charge;
mod charge_id;
mod folio;
mod refund;

pub use audit::{Account, AccountTotal, Audit, LedgerAudit};
pub use bill::{Bill, Billed};
pub use charge::{Charge, ChargeError, Charged, Declined, Purpose, Receipt};
pub use charge_id::ChargeId;
pub use folio::{FindFolio, Folio, UnknownFolio};
pub use hotel_vocabulary::{
    BookingReference, Day, EmailAddress, Guest, HotelName, Money, Party, PersonName, RoomType, Stay,
};
pub use refund::{Refund, RefundError, Refunded};

skep::contract! {
    /// Charges, refunds, and a double-entry ledger of all of them.
    pub Payments v1 {
        Charge, Refund, FindFolio, Audit;
        emits Charged, Refunded, Declined, Billed
    }
}

#[cfg(test)]
mod tests {
    use skep::Contract;

    use super::*;

    #[test]
    fn the_names_on_the_wire_stay_what_they_are() {
        let described = Payments::describe();
        let messages: Vec<&str> = described
            .messages
            .iter()
            .map(|message| message.name.as_str())
            .collect();
        let events: Vec<&str> = described
            .events
            .iter()
            .map(|event| event.name.as_str())
            .collect();
        assert_eq!(messages, ["charge", "refund", "find_folio", "audit"]);
        assert_eq!(events, ["charged", "refunded", "declined", "billed"]);
        assert_eq!(
            (described.name.as_str(), described.version, Payments::KEY),
            ("payments", 1, None)
        );
    }
}
