//! Every way of running the hotel says the same: requests that are asked one after the other, with their responses held against those of
//! the functions themselves.

use serde_json::Value;
use tokio::net::TcpStream;

use crate::hotel::{Ask, Failed, Question};
use crate::load::{self, Request, Response, exchange};
use crate::ways::House;

/// Requests, and what is expected.
#[derive(Debug)]
pub(crate) struct Replay {
    asked: Vec<(Request, Vec<u8>)>,
}

impl Replay {
    /// Asks the functions.
    pub(crate) async fn record(number: usize) -> Result<Self, Failed> {
        let house = House::default();
        let mut asked = Vec::new();
        for request in load::requests(load::SEED, number) {
            let body = match request.clone() {
                Request::FindRooms(question) => answer(&house, question).await?,
                Request::Recommend(question) => answer(&house, question).await?,
                Request::LogIn(question) => answer(&house, question).await?,
                Request::Availability(question) => answer(&house, question).await?,
                Request::Reserve(question) => answer(&house, question).await?,
            };
            asked.push((request, body));
        }
        Ok(Self { asked })
    }

    /// Asks a hotel that has just been started, and returns what is wrong with its responses.
    pub(crate) async fn hold_against(&self, port: u16) -> Result<(), String> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await;
        let mut stream = stream.map_err(|error| format!("the door is closed: {error}"))?;
        let mut buffer = Vec::new();
        for (request, expected) in &self.asked {
            let exchanged = exchange(&mut stream, &mut buffer, &request.bytes()).await;
            let response =
                exchanged.map_err(|error| format!("no response to {request:?}: {error}"))?;
            difference(request, expected, &response)?;
        }
        Ok(())
    }
}

async fn answer<M: Question>(house: &House, question: M) -> Result<Vec<u8>, Failed>
where
    House: Ask<M>,
{
    let answer = house.ask(question).await?;
    serde_json::to_vec(&answer).map_err(|error| Failed::from_error(&error))
}

/// Bodies must be equal byte for byte.
fn difference(request: &Request, expected: &[u8], response: &Response) -> Result<(), String> {
    if response.status == 200 && response.body == expected {
        return Ok(());
    }
    let text = String::from_utf8_lossy;
    Err(format!(
        "another response than from the functions\n  to: {request:?}\n  expected: 200 {}\n  was: {} {}",
        text(expected),
        response.status,
        text(&response.body),
    ))
}

/// Whether a body says anything: an empty list would be equal everywhere and prove nothing.
fn says_something(body: &[u8]) -> bool {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => fields.values().any(|value| match value {
            Value::Array(items) => !items.is_empty(),
            Value::String(text) => !text.is_empty(),
            Value::Number(number) => number.as_u64() != Some(0),
            _ => false,
        }),
        _ => false,
    }
}

impl Replay {
    /// How many of a hundred expected responses say something.
    pub(crate) fn percent_telling(&self) -> usize {
        let telling = self.asked.iter().filter(|(_, body)| says_something(body));
        telling.count() * 100 / self.asked.len().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &[u8]) -> Response {
        Response {
            status,
            body: body.to_vec(),
        }
    }

    #[test]
    fn a_response_that_differs_in_one_byte_or_in_its_status_is_refused_with_both() {
        let request = &load::requests(1, 1)[0];
        let expected = br#"{"number":1}"#;
        assert_eq!(
            difference(request, expected, &response(200, expected)),
            Ok(())
        );
        let other = difference(request, expected, &response(200, br#"{"number":2}"#));
        let told = other.unwrap_err();
        assert!(
            told.contains(r#"{"number":1}"#) && told.contains(r#"{"number":2}"#),
            "{told}"
        );
        assert!(difference(request, expected, &response(500, expected)).is_err());
    }

    #[test]
    fn a_body_that_says_nothing_is_known() {
        assert!(says_something(br#"{"offers":[{"rate":1}]}"#));
        assert!(!says_something(br#"{"offers":[]}"#));
        assert!(!says_something(br#"{"number":0,"refused":""}"#));
    }
}
