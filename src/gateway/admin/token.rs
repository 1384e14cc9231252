//! [`Token`]: the secret that whoever may read the admin file knows.

use std::fmt::{self, Write as _};

use rand::TryRng;
use rand::rngs::{SysError, SysRng};
use sha2::{Digest, Sha256};

/// The secret of one operator's door, or of whatever else only this user may open.
pub(crate) struct Token {
    text: String,
    digest: [u8; 32],
}

impl Token {
    /// 256 bits from the system's randomness, as 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// When the system has none.
    pub(crate) fn fresh() -> Result<Self, SysError> {
        let mut bytes = [0; 32];
        SysRng.try_fill_bytes(&mut bytes)?;
        let mut text = String::with_capacity(64);
        for byte in bytes {
            // Writing into a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        let digest = Sha256::digest(text.as_bytes()).into();
        Ok(Self { text, digest })
    }

    /// The text, for the admin file.
    pub(crate) fn reveal(&self) -> &str {
        &self.text
    }

    /// Whether the value of an `Authorization` header carries it. Digests are compared: how long that takes says nothing
    /// about the token.
    pub(crate) fn is_carried_by(&self, authorization: &str) -> bool {
        let Some((scheme, given)) = authorization.split_once(' ') else {
            return false;
        };
        scheme.eq_ignore_ascii_case("bearer") && self.is(given.trim())
    }

    /// Whether this text is it, as [`is_carried_by`](Self::is_carried_by) compares it.
    pub(crate) fn is(&self, given: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(given.as_bytes()).into();
        digest == self.digest
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_text_opens_the_door() {
        let (token, other) = (
            Token::fresh().expect("randomness"),
            Token::fresh().expect("randomness"),
        );
        assert_eq!(token.reveal().len(), 64);
        assert!(token.is_carried_by(&format!("Bearer {}", token.reveal())));
        for wrong in [
            other.reveal(),
            "",
            &token.reveal()[..63],
            &token.reveal().to_uppercase(),
        ] {
            assert!(!token.is_carried_by(&format!("Bearer {wrong}")), "{wrong}");
        }
        assert!(!token.is_carried_by(token.reveal()));
        assert!(!token.is_carried_by(&format!("Basic {}", token.reveal())));
        assert!(!format!("{token:?}").contains(token.reveal()));
    }
}
