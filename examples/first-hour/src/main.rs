//! The workshop as a program: everybody may greet through its API.

use first_hour::{Counter, Greeter, Listener};

fn main() -> skep::ExitCode {
    skep::app("first-hour")
        .about("A greeting and two listeners: the first hour with skep")
        .version(env!("CARGO_PKG_VERSION"))
        .with::<Greeter>()
        .with::<Listener>()
        .with::<Counter>()
        .preset("gateway.expose", r#"["greeting"]"#)
        .main()
}
