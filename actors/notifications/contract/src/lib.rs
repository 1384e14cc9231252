//! What may be said to the notifications. They speak up by themselves: each event about a booking becomes one mail.

mod audit;
mod find_mails;

pub use audit::{Audit, KindTotal, MailAudit};
pub use find_mails::{FindMails, Kind, Mail, Mails};
pub use hotel_vocabulary::{BookingReference, Day, EmailAddress, HotelName};

skep::contract! {
    /// Mail to the guest about everything that happens to a booking.
    pub Notifications v1 { FindMails, Audit }
}
