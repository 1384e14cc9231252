//! One HTTP connection that stays open, with as little around it as there can be: the generator must not be slower than what it measures.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    /// The HTTP status.
    pub(crate) status: u16,
    /// What the body holds.
    pub(crate) body: Vec<u8>,
}

/// Sends a request and reads its response; `buffer` is the connection's own, and empty between two exchanges.
pub(crate) async fn exchange(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    request: &[u8],
) -> io::Result<Response> {
    buffer.clear();
    stream.write_all(request).await?;
    loop {
        if let Some(response) = whole(buffer)? {
            return Ok(response);
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The response, when all of it is there. Only what a server answers that knows the length of its bodies is understood.
fn whole(bytes: &[u8]) -> io::Result<Option<Response>> {
    let Some(head) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else {
        return Ok(None);
    };
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "no response with a length");
    let text = std::str::from_utf8(&bytes[..head]).map_err(|_| wrong())?;
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    let (status, length) = status.zip(length).ok_or_else(wrong)?;
    let body = bytes[head + 4..].get(..length).map(<[u8]>::to_vec);
    Ok(body.map(|body| Response { status, body }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx: y\r\n\r\n{\"a\"}";

    #[test]
    fn a_response_is_there_when_its_last_byte_is() {
        for cut in 0..ANSWER.len() {
            assert_eq!(whole(&ANSWER[..cut]).unwrap(), None, "{cut} bytes");
        }
        let response = whole(ANSWER).unwrap().unwrap();
        assert_eq!(
            (response.status, &response.body[..]),
            (200, &b"{\"a\"}"[..])
        );
    }

    #[test]
    fn what_is_no_response_with_a_length_is_refused() {
        for wrong in [
            "hello\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        ] {
            assert!(whole(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
