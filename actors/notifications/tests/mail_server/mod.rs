//! A mail server on a port of this machine that says just enough SMTP, and keeps what it is given.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use tokio::net::TcpSocket;

/// A mail as the server got it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// The sender on the envelope.
    pub(crate) from: String,
    /// The receivers on the envelope.
    pub(crate) to: Vec<String>,
    /// Head and body.
    pub(crate) text: String,
}

/// A port nobody listens on: who connects is refused, and no other process can take it.
#[derive(Debug)]
pub(crate) struct ClosedPort {
    socket: TcpSocket,
    pub(crate) port: u16,
}

/// A running server, until it is dropped.
#[derive(Debug)]
pub(crate) struct MailServer {
    address: SocketAddr,
    desk: Arc<Mutex<Desk>>,
    serving: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Desk {
    mails: Vec<Received>,
    busy_for: u32,
    senders: u32,
    is_closing: bool,
}

impl ClosedPort {
    /// Takes a port.
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(any).expect("a free port");
        let port = socket.local_addr().expect("an address").port();
        Self { socket, port }
    }

    /// Begins to serve there. The first `busy_for` senders are told to come again (451).
    pub(crate) fn open(self, busy_for: u32) -> MailServer {
        let listener = self.socket.listen(16).expect("a server");
        let listener = listener.into_std().expect("a listener");
        listener.set_nonblocking(false).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let desk = Arc::new(Mutex::new(Desk {
            busy_for,
            ..Desk::default()
        }));
        let serving = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || serve(&listener, &desk))
        };
        MailServer {
            address,
            desk,
            serving: Some(serving),
        }
    }
}

impl MailServer {
    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The mails it took, oldest first.
    pub(crate) fn mails(&self) -> Vec<Received> {
        locked(&self.desk).mails.clone()
    }

    /// How many times somebody said from whom a mail is, taken or not.
    pub(crate) fn senders(&self) -> u32 {
        locked(&self.desk).senders
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        locked(&self.desk).is_closing = true;
        // Wakes the server, which sees that it is closing.
        drop(TcpStream::connect(self.address));
        if let Some(serving) = self.serving.take() {
            drop(serving.join());
        }
    }
}

fn locked(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().expect("nobody panics at the desk")
}

fn serve(listener: &TcpListener, desk: &Mutex<Desk>) {
    for stream in listener.incoming() {
        if locked(desk).is_closing {
            return;
        }
        // A client that hangs up ends its own conversation only.
        drop(stream.and_then(|stream| converse(stream, desk)));
    }
}

/// One conversation, to its QUIT or the end of the line.
fn converse(stream: TcpStream, desk: &Mutex<Desk>) -> io::Result<()> {
    let mut replies = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    let mut mail = Received::default();
    replies.write_all(b"220 fake.example\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let reply: &[u8] = match line.get(..4).unwrap_or(&line) {
            "MAIL" if turns_away(desk) => b"451 come again\r\n",
            "MAIL" => {
                mail.from = address_in(&line);
                b"250 OK\r\n"
            }
            "RCPT" => {
                mail.to.push(address_in(&line));
                b"250 OK\r\n"
            }
            "DATA" => {
                replies.write_all(b"354 go on\r\n")?;
                mail.text = text_from(&mut lines)?;
                locked(desk).mails.push(std::mem::take(&mut mail));
                b"250 OK\r\n"
            }
            "QUIT" => return replies.write_all(b"221 bye\r\n"),
            "EHLO" | "NOOP" | "RSET" => b"250 fake.example\r\n",
            _ => b"500 what?\r\n",
        };
        replies.write_all(reply)?;
    }
    Ok(())
}

/// Counts a sender, and says whether it has to come again.
fn turns_away(desk: &Mutex<Desk>) -> bool {
    let mut desk = locked(desk);
    desk.senders += 1;
    let is_busy = desk.busy_for > 0;
    desk.busy_for = desk.busy_for.saturating_sub(1);
    is_busy
}

/// The lines up to the one that is a dot.
fn text_from(lines: &mut impl Iterator<Item = io::Result<String>>) -> io::Result<String> {
    let mut text = String::new();
    for line in lines {
        let line = line?;
        if line == "." {
            return Ok(text);
        }
        // A line that begins with a dot was sent with one more.
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push('\n');
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// What stands between `<` and `>`.
fn address_in(line: &str) -> String {
    let (_, rest) = line.split_once('<').unwrap_or_default();
    let (address, _) = rest.split_once('>').unwrap_or_default();
    address.to_owned()
}
