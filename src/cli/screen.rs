//! [`Screen`]: the whole terminal for a while, given back as it was however the command ends.

use std::io::{Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;

use super::failure::Failure;

/// Shows another page, without the cursor.
const TAKE: &str = "\x1b[?1049h\x1b[?25l";
/// Back to the page and the cursor that were there.
const GIVE_BACK: &str = "\x1b[?25h\x1b[?1049l";
/// To the corner, and nothing of what was there before.
const BEGIN: &str = "\x1b[H\x1b[J";

/// The terminal, as long as it lives.
#[derive(Debug)]
pub(super) struct Screen {
    /// How the keyboard was, if there is one.
    keyboard: Option<Termios>,
    keys: mpsc::Receiver<u8>,
}

impl Screen {
    /// Takes the terminal. Ctrl-C stays a signal.
    pub(super) fn take() -> Self {
        let keyboard = tcgetattr(std::io::stdin()).ok();
        if let Some(before) = &keyboard {
            let mut raw = before.clone();
            raw.local_modes
                .remove(LocalModes::ICANON | LocalModes::ECHO);
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &raw);
        }
        let (sender, keys) = mpsc::channel(16);
        if keyboard.is_some() {
            // It waits for a key until the process ends: there is no way to call it back.
            let reader = std::thread::Builder::new().name("keys".to_owned());
            let _ = reader.spawn(move || {
                for key in std::io::stdin().lock().bytes().map_while(Result::ok) {
                    if sender.blocking_send(key).is_err() {
                        return;
                    }
                }
            });
        }
        let _ = write(TAKE);
        Self { keyboard, keys }
    }

    /// Shows a text in place of the one before.
    pub(super) fn show(&self, text: &str) -> Result<(), Failure> {
        write(&format!("{BEGIN}{text}\n")).map_err(|error| Failure::of_output(&error))
    }

    /// Ends when the person presses q; without a keyboard never.
    ///
    /// # Cancel safety
    ///
    /// No key is lost when it is dropped.
    pub(super) async fn quit(&mut self) {
        loop {
            match self.keys.recv().await {
                Some(b'q' | b'Q') => return,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = write(GIVE_BACK);
        if let Some(before) = &self.keyboard {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}

fn write(text: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
