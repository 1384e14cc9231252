//! [`CallName`]: what a call is called between the process that makes it and the one that handles it.

use async_nats::Subject;
use bytes::Bytes;

/// The subject to which a call is answered, or would be if it were not in a bundle.
///
/// Of our own calls the last token is a number, and the rest is the same for all calls of a process.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CallName {
    subject: Bytes,
    number: Option<u64>,
}

impl CallName {
    /// The name of a call whose answer goes to this subject.
    pub(super) fn of(subject: &Subject) -> Self {
        let bytes = Bytes::copy_from_slice(subject.as_bytes());
        Self::parse(&bytes)
    }

    /// The name of a call in a bundle, by the inbox of its process and its number.
    pub(super) const fn bundled(inbox: Bytes, number: u64) -> Self {
        Self {
            subject: inbox,
            number: Some(number),
        }
    }

    /// The name that a text says.
    pub(super) fn parse(text: &Bytes) -> Self {
        let numbered = || {
            let dot = text.iter().rposition(|byte| *byte == b'.')?;
            let digits = std::str::from_utf8(text.get(dot + 1..)?).ok()?;
            let number: u64 = digits.parse().ok()?;
            // Two texts must not be one name.
            (number.to_string() == digits).then(|| Self::bundled(text.slice(..dot), number))
        };
        numbered().unwrap_or_else(|| Self {
            subject: text.clone(),
            number: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &'static str) -> CallName {
        CallName::parse(&Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn a_call_in_a_bundle_has_the_name_of_its_subject() {
        let inbox = Bytes::from_static(b"_INBOX.x");
        assert_eq!(name("_INBOX.x.7"), CallName::bundled(inbox, 7));
        assert_eq!(CallName::of(&"_INBOX.x.7".into()), name("_INBOX.x.7"));
    }

    #[test]
    fn two_subjects_are_two_names() {
        let texts = [
            "a.7",
            "a.07",
            "a.+7",
            "a",
            "a.",
            "7",
            ".7",
            "a.b.7",
            "a.18446744073709551616",
        ];
        for (index, text) in texts.iter().enumerate() {
            for other in &texts[..index] {
                assert_ne!(name(text), name(other), "{text} and {other}");
            }
        }
    }
}
