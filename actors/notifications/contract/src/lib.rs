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

#[cfg(test)]
mod tests {
    use skep::Contract;

    use super::*;

    #[test]
    fn the_names_on_the_wire_stay_what_they_are() {
        let described = Notifications::describe();
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
        assert_eq!(messages, ["find_mails", "audit"]);
        assert!(events.is_empty(), "{events:?}");
        assert_eq!(
            (
                described.name.as_str(),
                described.version,
                Notifications::KEY
            ),
            ("notifications", 1, None)
        );
    }
}
