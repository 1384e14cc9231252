//! [`Lines`]: the body of an answer, line by line as it comes.

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};

/// A longer line is not one of ours.
const LINE_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Why there are no more lines.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Broken {
    /// The connection.
    #[error("the connection broke: {0}")]
    Connection(#[from] hyper::Error),
    /// A line without an end.
    #[error("a line of the answer is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
}

/// The body of an answer, line by line as it comes.
#[derive(Debug)]
pub(in crate::cli) struct Lines {
    body: Incoming,
    splitter: Splitter,
    is_over: bool,
}

impl Lines {
    pub(super) fn of(body: Incoming) -> Self {
        Self {
            body,
            splitter: Splitter::default(),
            is_over: false,
        }
    }

    /// The next line without its end; `None` at the end of the answer. What stands after the last end of line was cut off, and is
    /// no line.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub(in crate::cli) async fn next(&mut self) -> Result<Option<String>, Broken> {
        loop {
            if let Some(line) = self.splitter.next() {
                return Ok(Some(line));
            }
            if self.is_over {
                return Ok(None);
            }
            match self.body.frame().await {
                None => self.is_over = true,
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        self.splitter.take(&data)?;
                    }
                }
            }
        }
    }
}

/// Puts pieces together and cuts them into lines.
#[derive(Debug, Default)]
struct Splitter {
    pending: Vec<u8>,
    /// Up to where there is no end of line.
    searched: usize,
}

impl Splitter {
    fn take(&mut self, data: &Bytes) -> Result<(), Broken> {
        self.pending.extend_from_slice(data);
        if self.pending.len() > LINE_BYTES_MAX {
            return Err(Broken::TooLong);
        }
        Ok(())
    }

    fn next(&mut self) -> Option<String> {
        let found = self.pending[self.searched..]
            .iter()
            .position(|byte| *byte == b'\n');
        let Some(found) = found else {
            self.searched = self.pending.len();
            return None;
        };
        let rest = self.pending.split_off(self.searched + found + 1);
        let mut line = std::mem::replace(&mut self.pending, rest);
        self.searched = 0;
        line.pop();
        line.pop_if(|last| *last == b'\r');
        Some(String::from_utf8_lossy(&line).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_however_they_are_cut() {
        let text = "one\r\n\ntwö\nthree";
        for size in 1..=text.len() {
            let mut splitter = Splitter::default();
            let mut lines = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                splitter
                    .take(&Bytes::copy_from_slice(piece))
                    .expect("short");
                lines.extend(std::iter::from_fn(|| splitter.next()));
            }
            assert_eq!(lines, ["one", "", "twö"], "in pieces of {size}");
        }
    }
}
