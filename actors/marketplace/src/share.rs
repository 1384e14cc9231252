//! [`Share`]: which users are in a part of all, always the same ones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// So many of a hundred, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u8", into = "u8")]
pub struct Share(u8);

/// The number is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no share of a hundred: 0 to 100 can be set")]
pub struct NoShare(u8);

impl Share {
    /// Nobody.
    pub const NONE: Self = Self(0);

    /// Whether a user is in it. `of` says what is shared out, so that the same users are not always the first.
    ///
    /// The user's place is the first eight bytes of the SHA-256 of `of`, a zero byte and the user, read as a big-endian number,
    /// modulo 100: the same in every process, version and language. Whoever is in a share is in every larger one.
    #[must_use]
    pub fn has(self, of: &str, user: &str) -> bool {
        let digest = Sha256::digest(format!("{of}\0{user}").as_bytes());
        let first = digest.iter().take(8);
        let number = first.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % 100 < u64::from(self.0)
    }
}

impl TryFrom<u8> for Share {
    type Error = NoShare;

    fn try_from(percent: u8) -> Result<Self, NoShare> {
        if percent <= 100 {
            Ok(Self(percent))
        } else {
            Err(NoShare(percent))
        }
    }
}

impl From<Share> for u8 {
    fn from(share: Share) -> Self {
        share.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> impl Iterator<Item = String> {
        (0..20_000).map(|number| format!("user {number}"))
    }

    fn in_share(percent: u8) -> Vec<String> {
        let share = Share::try_from(percent).unwrap();
        users().filter(|user| share.has("new", user)).collect()
    }

    #[test]
    fn a_share_of_many_users_is_nearly_as_large_as_it_says() {
        // Four standard deviations: sqrt(20,000 × 0.05 × 0.95) is 31.
        let found = in_share(5).len();
        assert!((876..=1124).contains(&found), "{found} of 20000");
        assert_eq!((in_share(0).len(), in_share(100).len()), (0, 20_000));
    }

    #[test]
    fn a_larger_share_keeps_who_was_in_the_smaller_one() {
        let larger = Share::try_from(6).unwrap();
        assert!(in_share(5).iter().all(|user| larger.has("new", user)));
    }

    #[test]
    fn the_users_of_a_share_are_those_who_were_in_it_before() {
        let first: Vec<String> = in_share(5).into_iter().take(5).collect();
        assert_eq!(
            first,
            ["user 25", "user 40", "user 75", "user 85", "user 111"]
        );
    }

    #[test]
    fn another_thing_that_is_shared_out_has_other_users() {
        let share = Share::try_from(50).unwrap();
        assert!(users().any(|user| share.has("new", &user) != share.has("other", &user)));
    }
}
