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
