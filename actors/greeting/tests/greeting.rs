//! The smallest application: what it does, that it is small, and that it stops when it is asked to.

#[allow(dead_code, reason = "this is the application's own main")]
#[path = "../src/main.rs"]
mod greeting;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use greeting::{Greet, Greeted, Greeter, Greeting, Listener};
use skep::testing::{Colony, Probe};

#[skep::test]
async fn a_greeting_is_answered_and_made_known(colony: Colony) {
    let runtime = colony.with::<Greeter>().with::<Listener>().start().await;
    let mut greeted = Probe::<Greeted>::new(&runtime);
    let reply = runtime.get::<Greeting>().ask(Greet("Ada".to_owned())).await;
    assert_eq!(reply, Ok("Hi, Ada!".to_owned()));
    assert_eq!(greeted.next().await.0, "Ada");
    assert!(
        runtime.settled(std::time::Duration::from_secs(5)).await,
        "the listener has heard it"
    );
    let listening = runtime
        .stats()
        .into_iter()
        .find(|stats| stats.capability == "listening");
    assert_eq!(listening.map(|stats| stats.num_turns), Some(1));
}

#[test]
fn the_whole_application_has_at_most_30_lines() {
    let source = include_str!("../src/main.rs");
    assert!(
        source.lines().count() <= 30,
        "{} lines",
        source.lines().count()
    );
}

#[test]
fn it_says_when_it_is_ready_and_ends_well_when_interrupted() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_greeting"))
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
    stdout.read_line(&mut line).expect("a line");
    assert!(line.starts_with("greeting is ready after "), "{line:?}");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
