//! [`Events`]: server-sent events, read from the lines of an answer as the standard says.

use super::lines::{Broken, Lines};

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cli) struct Event {
    /// Where to go on after it.
    pub(in crate::cli) id: Option<String>,
    /// Its name; `message` when it has none.
    pub(in crate::cli) name: String,
    /// What it says.
    pub(in crate::cli) data: String,
}

/// The events of an answer as they come.
#[derive(Debug)]
pub(in crate::cli) struct Events {
    lines: Lines,
    parser: Parser,
}

impl Events {
    /// The events in these lines.
    pub(in crate::cli) fn of(lines: Lines) -> Self {
        Self {
            lines,
            parser: Parser::default(),
        }
    }

    /// The next event; `None` at the end of the answer. An event that was cut off is not one.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub(in crate::cli) async fn next(&mut self) -> Result<Option<Event>, Broken> {
        while let Some(line) = self.lines.next().await? {
            if let Some(event) = self.parser.take(&line) {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }
}

/// Puts the lines of an event together.
#[derive(Debug, Default)]
struct Parser {
    id: Option<String>,
    name: String,
    data: Vec<String>,
}

impl Parser {
    /// Takes a line; an empty one ends an event.
    fn take(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            return self.end();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push(value.to_owned()),
            // Comments have no name; whatever else there is may be told apart by a later version.
            _ => {}
        }
        None
    }

    fn end(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        let id = self.id.take();
        if data.is_empty() {
            return None;
        }
        Some(Event {
            id,
            name: if name.is_empty() {
                "message".to_owned()
            } else {
                name
            },
            data: data.join("\n"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_and_comments_passed_by() {
        let mut parser = Parser::default();
        let text = ": keep-alive\n\nid: 7\nevent: greeting.greeted\ndata: {\"a\":\ndata: 1}\nfuture: x\n\ndata:no name\n\nid: 9\n\n";
        let events: Vec<Event> = text.lines().filter_map(|line| parser.take(line)).collect();
        let event = |id: Option<&str>, name: &str, data: &str| Event {
            id: id.map(str::to_owned),
            name: name.to_owned(),
            data: data.to_owned(),
        };
        assert_eq!(
            events,
            [
                event(Some("7"), "greeting.greeted", "{\"a\":\n1}"),
                event(None, "message", "no name"),
            ]
        );
    }
}
