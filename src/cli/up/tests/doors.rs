//! Where orders are taken, and from whom.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::cli::exit::Exit;

struct Open {
    played: Played,
    file: UpFile,
    door: Door,
}

async fn open() -> Open {
    let played = Played::new(HANGS);
    let file = UpFile::take(played.folder.path()).expect("free");
    let door = Door::open(&file).await.expect("a door");
    Open { played, file, door }
}

impl Open {
    fn notice(&self) -> Notice {
        Notice::find("hotel", self.played.folder.path()).expect("a notice")
    }

    /// Does something while orders are taken.
    async fn meanwhile<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            () = self.door.serve(&self.played.colony) => panic!("it serves for ever"),
            done = within(work) => done,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_can_read_the_file_may_look() {
    let open = open().await;
    within(open.played.colony.start_nodes())
        .await
        .expect("all are ready");
    let done = open
        .meanwhile(send(&open.notice(), Order::Look))
        .await
        .expect("an answer");
    assert_eq!(done.processes.len(), 4);
    within(open.played.colony.stop()).await;
    drop(open.file);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_in_its_own_words() {
    let open = open().await;
    let order = Order::Drain {
        node: "nobody".to_owned(),
        undo: false,
    };
    let refused = open
        .meanwhile(send(&open.notice(), order))
        .await
        .expect_err("refused");
    assert_eq!(refused.exit(), Exit::Data);
    assert!(
        refused.message().contains("nobody"),
        "{}",
        refused.message()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_token_nothing_is_done() {
    let open = open().await;
    let address = open.notice().address().to_owned();
    for line in [
        "{\"token\":\"0000\",\"order\":\"look\"}\n",
        "GET / HTTP/1.1\n",
        "{\"order\":\"look\"}\n",
        "{\n",
    ] {
        let asking = async {
            let mut stream = TcpStream::connect(&address).await.expect("a door");
            stream.write_all(line.as_bytes()).await.expect("said");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.expect("an answer");
            answer
        };
        let answer = open.meanwhile(asking).await;
        assert!(answer.starts_with("{\"refused\""), "{line}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_up_has_ended_nobody_answers() {
    let open = open().await;
    let notice = open.notice();
    drop(open);
    let gone = within(send(&notice, Order::Look))
        .await
        .expect_err("nobody");
    assert_eq!(gone.exit(), Exit::Unavailable);
}
