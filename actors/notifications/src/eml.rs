//! Letters as internet mail (RFC 5322). The same letter gives the same bytes: date and id come from the event.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hotel_vocabulary::{Day, EmailAddress};
use lettre::Message;
use lettre::message::{Mailbox, header::ContentType};

use crate::letter::Letter;

/// The letter cannot be written as mail.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address is none that mail knows.
    #[error("`{address}` is not an address that mail can reach")]
    Address {
        /// The address.
        address: EmailAddress,
        /// What the mail library says.
        #[source]
        source: lettre::address::AddressError,
    },
    /// The parts do not make a mail.
    #[error("the mail cannot be put together")]
    Parts(#[from] lettre::error::Error),
}

/// Writes a letter as mail.
///
/// # Errors
/// [`Error::Address`] when sender or receiver cannot be reached by mail; [`Error::Parts`] hides no known cause.
pub fn message(letter: &Letter, from: &EmailAddress) -> Result<Message, Error> {
    let sender = mailbox(Some(letter.hotel.to_string()), from)?;
    let receiver = mailbox(Some(letter.to.name.to_string()), &letter.to.email)?;
    let body = format!(
        "Dear {},\n\n{}\n\nKind regards\n{}\n",
        letter.to.name, letter.text, letter.hotel
    );
    let message = Message::builder()
        .from(sender)
        .to(receiver)
        .subject(&letter.subject)
        .date(noon(letter.on))
        .message_id(Some(message_id(letter)))
        .header(ContentType::TEXT_PLAIN)
        .body(body)?;
    Ok(message)
}

/// The id of the mail: the same for the same event, so that a mail sent twice is seen once.
#[must_use]
pub fn message_id(letter: &Letter) -> String {
    format!(
        "<{}.{}@{}.hotel.example>",
        letter.reference,
        letter.kind.slug(),
        letter.hotel.slug()
    )
}

/// Where the mail lies, below the folder of mails.
#[must_use]
pub fn place(letter: &Letter) -> PathBuf {
    Path::new(&letter.hotel.slug()).join(format!("{}.{}.eml", letter.reference, letter.kind.slug()))
}

fn mailbox(name: Option<String>, address: &EmailAddress) -> Result<Mailbox, Error> {
    let parsed = address.as_str().parse();
    let email = parsed.map_err(|source| Error::Address {
        address: address.clone(),
        source,
    })?;
    Ok(Mailbox::new(name, email))
}

/// Noon of a day, in universal time; days before 1970, which mail cannot name, are its first.
fn noon(day: Day) -> SystemTime {
    let noon = day.date().at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
    let seconds = noon.map_or(0, |noon| noon.timestamp().as_second());
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reservations_contract::Reserved;

    use super::*;
    use crate::testing::reservation;

    fn letter() -> Letter {
        Letter::from(&Reserved {
            reservation: reservation(),
        })
    }

    fn text(letter: &Letter) -> String {
        let from = "desk@hotel.example".parse().unwrap();
        String::from_utf8(message(letter, &from).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_mail_has_its_heads_and_its_text() {
        let text = text(&letter());
        for head in [
            "From: \"City Hotel\" <desk@hotel.example>",
            "Subject: Your reservation B-000123",
            "Date: Fri, 01 Jan 2016 12:00:00 +0000",
            "Message-ID: <B-000123.reserved@city-hotel.hotel.example>",
        ] {
            assert!(text.contains(head), "{head} in\n{text}");
        }
        assert!(text.contains("<ana@example.com>"));
    }

    #[test]
    fn the_same_event_gives_the_same_bytes_and_the_same_file() {
        assert_eq!(text(&letter()), text(&letter()));
        assert_eq!(
            place(&letter()),
            Path::new("city-hotel/B-000123.reserved.eml")
        );
    }

    #[test]
    fn names_of_all_alphabets_arrive() {
        let mut letter = letter();
        letter.to.name = "Łukasz 东京 \"the <one>\"".parse().unwrap();
        let text = text(&letter);
        assert!(text.is_ascii(), "{text}");
        assert!(text.contains("=?utf-8?"), "{text}");
    }

    #[test]
    fn a_day_before_mail_existed_is_its_first() {
        let letter = Letter {
            on: "1950-01-01".parse().unwrap(),
            ..letter()
        };
        assert!(text(&letter).contains("01 Jan 1970"));
    }

    proptest! {
        #[test]
        fn every_address_the_vocabulary_accepts_can_be_reached(
            address in "[a-z!#$%&'*+/=?^_`{|}~.-]{1,12}@[a-z0-9.-]{1,20}",
        ) {
            if let Ok(address) = address.parse::<EmailAddress>() {
                let mut letter = letter();
                letter.to.email = address;
                prop_assert!(message(&letter, &"desk@hotel.example".parse().unwrap()).is_ok());
            }
        }
    }
}
