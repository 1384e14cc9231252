//! [`Listening`]: an answer that goes on, read as it comes.

use serde_json::Value;

use crate::client::{Connection, Reply, Request};

/// An answer that goes on.
pub(crate) struct Listening {
    connection: Connection,
    pub(crate) head: Reply,
    text: String,
}

/// One server-sent event.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) id: Option<u64>,
    pub(crate) event: String,
    pub(crate) data: Value,
}

impl Listening {
    pub(crate) fn to(url: &str, request: &Request) -> Self {
        let mut connection = Connection::to(url);
        let head = connection.send(request);
        assert_eq!(
            head.header("transfer-encoding"),
            Some("chunked"),
            "{head:?}"
        );
        Self {
            connection,
            head,
            text: String::new(),
        }
    }

    /// The next event, past comments and what else is no event.
    pub(crate) fn event(&mut self) -> Option<Told> {
        loop {
            let block = self.until("\n\n")?;
            let field = |name: &str| {
                let mut lines = block.lines();
                lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            };
            let Some(data) = field("data") else { continue };
            return Some(Told {
                id: field("id").map(|id| id.parse().expect("a position")),
                event: field("event").expect("a name").to_owned(),
                data: serde_json::from_str(data).expect("JSON"),
            });
        }
    }

    /// The next line that is a JSON object.
    pub(crate) fn line(&mut self) -> Option<Value> {
        loop {
            let line = self.until("\n")?;
            if !line.is_empty() {
                return Some(serde_json::from_str(&line).expect("JSON"));
            }
        }
    }

    /// Waits for the first piece, so that what happens from now on is heard.
    pub(crate) fn greeting(&mut self) {
        let greeting = self.until("\n\n").expect("a greeting");
        assert!(greeting.starts_with("retry: "), "{greeting:?}");
    }

    fn until(&mut self, end: &str) -> Option<String> {
        loop {
            if let Some(at) = self.text.find(end) {
                let rest = self.text.split_off(at + end.len());
                let mut piece = std::mem::replace(&mut self.text, rest);
                piece.truncate(at);
                return Some(piece);
            }
            self.text += &self.connection.chunk()?;
        }
    }
}
