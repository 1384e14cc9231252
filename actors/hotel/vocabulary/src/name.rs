//! Names that are checked when they are read: of bookings, hotels, room types, people and mailboxes.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The text breaks the rule of its kind of name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {rule}")]
pub struct NotAName {
    /// What was given, shortened.
    pub text: String,
    /// What it should be.
    pub rule: &'static str,
}

/// Writes a name: a string that satisfies `$valid`, is at most `$longest` bytes long, and says so in its schema,
/// with an example.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $longest:literal, $rule:literal, $example:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAName;

            fn try_from(text: String) -> Result<Self, NotAName> {
                let valid: fn(&str) -> bool = $valid;
                if !text.is_empty() && text.len() <= $longest && valid(&text) {
                    Ok(Self(text))
                } else {
                    Err(NotAName { text: text.chars().take(40).collect(), rule: $rule })
                }
            }
        }

        impl FromStr for $name {
            type Err = NotAName;

            fn from_str(text: &str) -> Result<Self, NotAName> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "minLength": 1, "maxLength": $longest, "description": $rule, "examples": [$example] })
            }
        }
    };
}

name! {
    /// What guest and hotel call a booking by, unique within a hotel; fit for file names and subjects.
    BookingReference, 40, "a booking reference: up to 40 letters, digits and hyphens", "A-1001",
    |text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

name! {
    /// The name of a hotel, and the key of its reservations.
    HotelName, 80, "the name of a hotel: up to 80 bytes that begin with a letter or digit, and no control characters", "City Hotel",
    |text| text.starts_with(char::is_alphanumeric) && is_one_line(text)
}

name! {
    /// The code of a room type, such as `A`.
    RoomType, 8, "a room type: up to 8 letters and digits", "A",
    |text| text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

name! {
    /// The name of a person.
    PersonName, 120, "a person's name: up to 120 bytes on one line, not blank", "Ada Lovelace",
    |text| is_one_line(text) && !text.trim().is_empty()
}

name! {
    /// A mailbox, in the part of the grammar that people use: no quoted local parts, no address literals.
    EmailAddress, 254, "a mail address such as guest@example.com", "guest@example.com",
    is_mail_address
}

impl HotelName {
    /// The name in small letters, digits and hyphens, as folders are called: `Resort Hotel` is `resort-hotel`.
    #[must_use]
    pub fn slug(&self) -> String {
        let mut slug = String::with_capacity(self.0.len());
        for letter in self.0.chars() {
            if letter.is_ascii_alphanumeric() {
                slug.push(letter.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        let slug = slug.trim_end_matches('-');
        if slug.is_empty() {
            "hotel".to_owned()
        } else {
            slug.to_owned()
        }
    }
}

fn is_one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn is_mail_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_atom = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte))
    };
    let is_label = |part: &str| {
        let letters = part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&part.len()) && letters && !part.starts_with('-') && !part.ends_with('-')
    };
    local.len() <= 64 && local.split('.').all(is_atom) && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_cannot_leave_its_folder() {
        for text in ["", "..", "a/b", "a\\b", "B 1", "B_1", "Ä", &"x".repeat(41)] {
            assert!(text.parse::<BookingReference>().is_err(), "{text}");
        }
        assert_eq!(
            "B-000123-9f3a"
                .parse::<BookingReference>()
                .unwrap()
                .as_str(),
            "B-000123-9f3a"
        );
    }

    #[test]
    fn a_hotel_is_called_by_one_line() {
        assert!("Hôtel d'Été".parse::<HotelName>().is_ok());
        for text in ["", " Resort", ".hidden", "two\nlines"] {
            assert!(text.parse::<HotelName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn slugs_are_small_letters_digits_and_single_hyphens() {
        let slug = |name: &str| name.parse::<HotelName>().unwrap().slug();
        assert_eq!(slug("Resort Hotel"), "resort-hotel");
        assert_eq!(slug("A & B  (Lisbon)"), "a-b-lisbon");
        assert_eq!(slug("東京"), "hotel");
    }

    #[test]
    fn mail_addresses_are_the_ones_people_have() {
        for text in [
            "guest@example.com",
            "a.b+c@mail.example.co.uk",
            "o'neil@localhost",
        ] {
            assert!(text.parse::<EmailAddress>().is_ok(), "{text}");
        }
        for text in [
            "",
            "a",
            "@b.c",
            "a@",
            "a b@c.d",
            "a..b@c.d",
            ".a@c.d",
            "a@-c.d",
            "a@c..d",
            "a@b@c",
            "a@c\r\nBcc: x",
        ] {
            assert!(text.parse::<EmailAddress>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_that_breaks_the_rule_is_refused_with_the_rule() {
        let refusal = serde_json::from_str::<RoomType>(r#""A/B""#)
            .unwrap_err()
            .to_string();
        assert!(
            refusal.contains("a room type: up to 8 letters and digits"),
            "{refusal}"
        );
    }
}
