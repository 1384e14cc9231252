//! [`Lines`]: what the processes print, line by line, each with its name before it.

use std::io::{IsTerminal as _, Write};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::sync::mpsc;

/// A longer line is cut in pieces.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// Lines that may wait to be printed; then whoever prints waits.
const WAITING_MAX: usize = 1024;
/// The name of what the supervisor itself has to say.
const OWN_NAME: &str = "up";
/// Cyan, yellow, green, magenta, blue, red.
const COLOURS: [u8; 6] = [36, 33, 32, 35, 34, 31];

/// Which stream a line goes to: the one it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

/// Prints lines, on a thread of its own: a reader that is slow holds up nobody but those who print.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Lines {
    sender: mpsc::Sender<(Stream, String)>,
    style: Arc<Style>,
}

#[derive(Debug)]
struct Style {
    width: usize,
    /// Whether the streams may have colour: the one for output, the one for errors.
    colour: [bool; 2],
}

/// What prints; it ends, with all printed, when nobody has lines to print any more.
#[derive(Debug)]
pub(in crate::cli) struct Printer(JoinHandle<()>);

impl Printer {
    /// Waits until everything is printed.
    pub(in crate::cli) fn finish(self) {
        // A panic of the printer has been told by itself.
        let _ = self.0.join();
    }
}

impl Lines {
    /// Lines on the streams of this process, whose names have room for `width` characters.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(in crate::cli) fn begin(
        width: usize,
        may_colour: bool,
    ) -> std::io::Result<(Self, Printer)> {
        let colour = [
            may_colour && std::io::stdout().is_terminal(),
            may_colour && std::io::stderr().is_terminal(),
        ];
        Self::to(width, colour, std::io::stdout(), std::io::stderr())
    }

    pub(super) fn to(
        width: usize,
        colour: [bool; 2],
        mut out: impl Write + Send + 'static,
        mut err: impl Write + Send + 'static,
    ) -> std::io::Result<(Self, Printer)> {
        let (sender, mut receiver) = mpsc::channel::<(Stream, String)>(WAITING_MAX);
        let print = move || {
            while let Some((stream, line)) = receiver.blocking_recv() {
                // A reader that has gone is no reason to stop the application.
                let _ = match stream {
                    Stream::Out => writeln!(out, "{line}").and_then(|()| out.flush()),
                    Stream::Err => writeln!(err, "{line}").and_then(|()| err.flush()),
                };
            }
        };
        let printing = std::thread::Builder::new()
            .name("lines".to_owned())
            .spawn(print)?;
        let style = Arc::new(Style {
            width: width.max(OWN_NAME.len()),
            colour,
        });
        Ok((Self { sender, style }, Printer(printing)))
    }

    /// Says something in the supervisor's own name.
    pub(in crate::cli) async fn note(&self, text: &str) {
        self.print(Stream::Err, OWN_NAME, 0, text).await;
    }

    /// Says what whoever started the supervisor waits for.
    pub(in crate::cli) async fn say(&self, text: &str) {
        // The printer lives as long as there are lines.
        let _ = self.sender.send((Stream::Out, text.to_owned())).await;
    }

    /// Prints all that comes, until no more can come.
    pub(super) async fn follow(
        self,
        from: impl AsyncRead + Unpin,
        stream: Stream,
        name: String,
        number: usize,
    ) {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        loop {
            let mut piece = (&mut reader).take(LINE_BYTES_MAX);
            match piece.read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            self.print(stream, &name, number, text).await;
            line.clear();
        }
    }

    async fn print(&self, stream: Stream, name: &str, number: usize, text: &str) {
        let Style { width, colour } = &*self.style;
        let has_colour = colour[usize::from(stream == Stream::Err)];
        let line = match has_colour {
            false => format!("{name:width$} | {text}"),
            true if name == OWN_NAME => format!("\u{1b}[1m{name:width$} |\u{1b}[0m {text}"),
            true => {
                let colour = COLOURS[number % COLOURS.len()];
                format!("\u{1b}[{colour}m{name:width$} |\u{1b}[0m {text}")
            }
        };
        let _ = self.sender.send((stream, line)).await;
    }
}
