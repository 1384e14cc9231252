//! [`Route`]: the address of something behind the door, with everything escaped that must be.

use std::fmt::Write as _;

/// A path below `/admin/v1`, with its query.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Route {
    text: String,
    has_query: bool,
}

impl Route {
    /// The path of these segments.
    pub(in crate::cli) fn of(segments: &[&str]) -> Self {
        let mut text = "/admin/v1".to_owned();
        for segment in segments {
            text.push('/');
            escape(segment, &mut text);
        }
        Self {
            text,
            has_query: false,
        }
    }

    /// The same with a parameter.
    #[must_use]
    pub(in crate::cli) fn with(mut self, name: &str, value: &str) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        self.text.push_str(name);
        self.text.push('=');
        escape(value, &mut self.text);
        self
    }

    /// The same with a parameter, if there is a value for it.
    #[must_use]
    pub(in crate::cli) fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// As it stands in the request.
    pub(in crate::cli) fn as_str(&self) -> &str {
        &self.text
    }
}

/// Escapes all but the characters that RFC 3986 calls unreserved. A segment of nothing but dots would be taken for a step.
fn escape(text: &str, into: &mut String) {
    let is_step = !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte == b'.');
    for byte in text.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if is_plain && !is_step {
            into.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_any_characters_stay_one_segment() {
        let route = Route::of(&["call", "book", "City Hotel/ä?..", "find"]).with("a", "b&c=d");
        assert_eq!(
            route.as_str(),
            "/admin/v1/call/book/City%20Hotel%2F%C3%A4%3F../find?a=b%26c%3Dd"
        );
        assert_eq!(Route::of(&[".."]).as_str(), "/admin/v1/%2E%2E");
    }
}
