//! [`OpenColony`]: a colony with an open door, for tests that come in through it.

use super::colony::{Colony, Time};
use super::web::Web;
use crate::gateway::{Doors, DoorsOptions};
use crate::runtime::Runtime;

/// A colony whose API is open; see [`Colony::open`].
#[derive(Debug)]
pub struct OpenColony {
    /// The runtime behind the door.
    pub runtime: Runtime,
    /// A client of the API.
    pub web: Web,
    doors: Doors,
}

impl Colony {
    /// Starts it and opens the application's API on a free port, for tests from the outside in. What the API shows is said as in
    /// production: `colony.set("gateway.expose=[\"greeting\"]")`. Fakes are shown as well as capabilities, which makes a test
    /// of the API alone. The operator's door stays shut.
    ///
    /// ```
    /// # mod example {
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize, schemars::JsonSchema, skep::Message)]
    /// # #[message(reply = String)]
    /// # pub struct Greet { name: String }
    /// # skep::contract! { pub Greeting v1 { Greet } }
    /// use skep::testing::{Colony, Fake};
    ///
    /// #[skep::test(real_time)]
    /// async fn the_api_answers_for_the_greeting(colony: Colony) {
    ///     let greeting = Fake::<Greeting>::new().answer(|m: Greet| Ok(format!("Hi, {}!", m.name)));
    ///     let open = colony.fake(greeting).set("gateway.expose=[\"greeting\"]").open().await;
    ///     let answer = open.web.post("/v1/greeting/greet", &Greet { name: "Ada".into() });
    ///     assert_eq!((answer.status, answer.json()), (200, "Hi, Ada!".into()));
    ///     open.close().await;
    /// }
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When it does not start, when its door does not open, or in virtual time, which stands still while a client waits: the test
    /// has failed.
    #[allow(
        clippy::expect_used,
        clippy::panic,
        reason = "a test that cannot begin has failed"
    )]
    pub async fn open(self) -> OpenColony {
        assert!(
            self.time() == Time::Real,
            "a door is open in real time only: write #[skep::test(real_time)]"
        );
        let colony = self
            .set("gateway.listen=127.0.0.1:0")
            .set("admin.enabled=false");
        let runtime = colony.start().await;
        let doors = match Doors::open(&runtime, DoorsOptions::new("test", "")) {
            Ok(doors) => doors,
            Err(error) => panic!("the door does not open: {error}"),
        };
        let url = doors.api_url().expect("`gateway.enabled` is not false");
        OpenColony {
            runtime,
            web: Web::at(&url),
            doors,
        }
    }
}

impl OpenColony {
    /// Closes the door and stops the colony, as a process does at its end.
    ///
    /// # Cancel safety
    ///
    /// Dropped half way, nobody is let in any more; the colony may still run.
    pub async fn close(self) {
        self.doors.close().await;
        self.runtime.stop().await;
    }
}
