//! Paths and queries of requests: cut into parts, percent-decoded.

use actix_web::HttpRequest;

use super::problem::Problem;

/// The decoded segments of a path; `/` has one, which is empty. A slash inside a segment comes as `%2F`.
///
/// # Errors
///
/// A problem when a segment is no text.
pub(super) fn segments(path: &str) -> Result<Vec<String>, Problem> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/')
        .map(|segment| decoded(segment, false))
        .collect()
}

/// What a query says of a name: every value, in order.
///
/// # Errors
///
/// A problem when a value is no text.
pub(super) fn query(query: &str, wanted: &str) -> Result<Vec<String>, Problem> {
    let mut values = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decoded(name, true)? == wanted {
            values.push(decoded(value, true)?);
        }
    }
    Ok(values)
}

/// The one value of a name in the query of a request; the last, if there are several.
///
/// # Errors
///
/// As [`query`].
pub(super) fn one(request: &HttpRequest, name: &str) -> Result<Option<String>, Problem> {
    Ok(query(request.query_string(), name)?.pop())
}

/// The number of a name in the query of a request.
///
/// # Errors
///
/// As [`query`], and when it is no number.
pub(super) fn number(request: &HttpRequest, name: &str) -> Result<Option<usize>, Problem> {
    let text = one(request, name)?;
    text.map(|text| text.parse().map_err(|_| not_a_number(name, &text)))
        .transpose()
}

/// What should be a number is none.
pub(super) fn not_a_number(what: &str, text: &str) -> Problem {
    Problem::new(
        400,
        "invalid_number",
        format!("{what} is a number, not {text:?}"),
    )
}

fn decoded(text: &str, is_form: bool) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'%' => {
                let (digits, after) = rest.split_at_checked(2).ok_or_else(|| unreadable(text))?;
                bytes.push(byte_of(digits).ok_or_else(|| unreadable(text))?);
                rest = after;
            }
            b'+' if is_form => bytes.push(b' '),
            plain => bytes.push(plain),
        }
    }
    String::from_utf8(bytes).map_err(|_| unreadable(text))
}

fn byte_of(digits: &[u8]) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(16 * digit(digits[0])? + digit(digits[1])?).ok()
}

fn unreadable(text: &str) -> Problem {
    let detail = format!(
        "{text:?} in the address is no text: a percent sign begins two hexadecimal digits, and the bytes are UTF-8"
    );
    Problem::new(400, "invalid_address", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded_after_they_are_cut() {
        let cut = segments("/v1/reservations/City%20Hotel%2FLisbon/f%C3%BCr+zwei").ok();
        let expected = ["v1", "reservations", "City Hotel/Lisbon", "für+zwei"];
        assert_eq!(cut, Some(expected.map(str::to_owned).to_vec()));
        assert_eq!(segments("/").ok(), Some(vec![String::new()]));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for path in ["/%", "/%4", "/%zz", "/%ff", "/a/%-1"] {
            assert!(segments(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_query_has_every_value_of_a_name() {
        let values = query("a=1&b=x+y%26&a=&c", "a").ok();
        assert_eq!(values, Some(vec!["1".to_owned(), String::new()]));
        assert_eq!(query("b=x+y%26", "b").ok(), Some(vec!["x y&".to_owned()]));
        assert_eq!(query("", "b").ok(), Some(Vec::new()));
    }
}
