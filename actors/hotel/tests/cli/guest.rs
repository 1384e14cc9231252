//! A guest reserves a room over HTTP, and an operator looks on: the hotel's own process, from outside.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use skep::testing::{Web, WebAnswer};
use tempfile::TempDir;

use super::process::{Ran, hotel, run};

/// Ends a test that hangs; nothing else depends on it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often something that is about to happen is looked for; each look is a process of its own.
const LOOKS: usize = 500;

const RESERVE: &str = "/v1/reservations/City%20Hotel/reserve";
const EVENTS: &str = "/v1/events/reservations/reserved";

/// A hotel that is open, in a folder of its own; killed with the test, however that ends.
struct Hotel {
    process: Child,
    folder: TempDir,
    web: Web,
    address: String,
}

impl Hotel {
    fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut process = hotel(folder.path(), &["--set", "gateway.listen=127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the hotel starts");
        let stdout = BufReader::new(process.stdout.take().expect("its output"));
        let mut lines = stdout.lines().map(|line| line.expect("it prints text"));
        let ready = lines.find(|line| line.contains("is ready"));
        let ready = ready.expect("it becomes ready");
        let url = ready.split_whitespace().find(|word| word.contains("://"));
        let url = url.expect("an API").trim_end_matches('.');
        Self {
            process,
            folder,
            web: Web::at(url),
            address: url.replace("http://", ""),
        }
    }

    /// Reserves a room, as a client does that may have to try again.
    fn reserve(&self, reference: &str, idempotency_key: &str) -> WebAnswer {
        let guest = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
        let reserve = json!({
            "reference": reference, "guest": guest, "room": "A", "stay": { "arrival": "2900-03-01", "nights": 2 },
            "party": { "adults": 2 }, "rate": 9000, "deposit": "refundable",
        });
        let web = self.web.with_header("Idempotency-Key", idempotency_key);
        web.post(RESERVE, &reserve)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        run(self.folder.path(), arguments)
    }

    /// What a command that ends well says in JSON.
    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:#?}");
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
    }

    /// Listens to reservations; the connection ends with what is returned.
    fn events(&self, headers: &str) -> Events {
        let mut stream = TcpStream::connect(&self.address).expect("the API");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        // HTTP/1.0 knows no chunks: what comes are the events and nothing else.
        let request = format!("GET {EVENTS} HTTP/1.0\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        Events(BufReader::new(stream))
    }

    /// How many deposits were charged, as the metrics count it.
    fn charged(&self) -> u64 {
        let metrics = self.web.get("/metrics").text();
        let wanted = |line: &&str| {
            ["skep_turns_total{", "\"charge\"", "outcome=\"ok\""]
                .iter()
                .all(|part| line.contains(part))
        };
        let value = |line: &str| line.rsplit(' ').next()?.parse::<u64>().ok();
        metrics.lines().filter(wanted).filter_map(value).sum()
    }
}

impl Drop for Hotel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The events of one connection.
struct Events(BufReader<TcpStream>);

/// Id and data of one event.
type Told = (String, Value);

impl Events {
    /// The reservation of this reference, and the references that came before it.
    fn until(&mut self, reference: &str) -> (Told, Vec<String>) {
        let (mut id, mut before) = (String::new(), Vec::new());
        loop {
            let mut line = String::new();
            let read = self.0.read_line(&mut line).expect("it goes on");
            assert_ne!(read, 0, "it ended after {before:?}");
            if let Some(text) = line.strip_prefix("id: ") {
                text.trim_end().clone_into(&mut id);
            } else if let Some(text) = line.strip_prefix("data: ") {
                let data: Value = serde_json::from_str(text).expect("JSON");
                let told = data["body"]["reservation"]["reference"].as_str();
                let told = told.expect("a reservation").to_owned();
                if told == reference {
                    return ((id, data), before);
                }
                before.push(told);
            }
        }
    }
}

#[test]
fn a_room_is_found_and_reserved() {
    let hotel = Hotel::open();
    let stay = json!({ "arrival": "2900-03-01", "nights": 2, "guests": 2 });
    let found = hotel.web.post("/v1/search/find_rooms", &stay);
    let offers = found.json()["offers"].as_array().expect("offers").clone();
    let wanted = |offer: &&Value| offer["hotel"] == "City Hotel" && offer["room"] == "A";
    let offer = offers.iter().find(wanted).expect("a room is free");
    assert_eq!(offer["total"], 18_000);

    let reserved = hotel.reserve("WEB-1", "order-1");

    assert_eq!(reserved.status, 200, "{}", reserved.text());
    assert_eq!(reserved.json()["status"], "reserved");
    assert_eq!(reserved.json()["hotel"], "City Hotel");
    let again = hotel.web.post("/v1/search/find_rooms", &stay).json();
    let again = again["offers"].as_array().expect("offers").clone();
    let left = again.iter().find(wanted).expect("rooms are left");
    assert_eq!(
        left["free"].as_u64(),
        offer["free"].as_u64().map(|free| free - 1)
    );
    let found = [
        "request",
        "reservations.find",
        "--key",
        "City Hotel",
        r#"{"reference":"WEB-1"}"#,
    ];
    assert_eq!(hotel.json(&found), reserved.json());
}

#[test]
fn a_guest_who_asks_twice_has_one_reservation_and_the_first_answer() {
    let hotel = Hotel::open();
    let before = hotel.charged();

    let first = hotel.reserve("WEB-1", "order-1");
    let retried = hotel.reserve("WEB-1", "order-1");
    // Nothing but the key says that this is a retry.
    let disguised = hotel.reserve("WEB-2", "order-1");

    assert_eq!((first.status, retried.status), (200, 200));
    assert_eq!(retried.text(), first.text());
    assert_eq!(disguised.text(), first.text());
    assert_eq!(hotel.charged() - before, 1, "a deposit is paid once");
    let find = [
        "request",
        "reservations.find",
        "--key",
        "City Hotel",
        r#"{"reference":"WEB-2"}"#,
    ];
    assert_eq!(hotel.run(&find).code, Some(1), "it was never made");
}

#[test]
fn whoever_listens_is_told_and_goes_on_after_the_last_event_that_he_saw() {
    let hotel = Hotel::open();
    hotel.reserve("WEB-1", "order-1");
    let from_the_oldest = hotel.events("Last-Event-ID: 0\r\n").until("WEB-1");
    let ((id, event), before) = from_the_oldest;
    assert!(!before.is_empty(), "the made-up bookings are events too");
    assert_eq!(event["key"], "City Hotel");
    assert_eq!(
        event["body"]["reservation"]["guest"]["name"],
        "Ada Lovelace"
    );

    hotel.reserve("WEB-2", "order-2");
    let mut resumed = hotel.events(&format!("Last-Event-ID: {id}\r\n"));
    let (_, between) = resumed.until("WEB-2");
    assert_eq!(between, Vec::<String>::new());
    hotel.reserve("WEB-3", "order-3");
    let (_, between) = resumed.until("WEB-3");
    assert_eq!(between, Vec::<String>::new());
}

#[test]
fn the_trace_of_a_reservation_leads_through_every_capability_that_had_to_do_with_it() {
    let hotel = Hotel::open();
    let reserved = hotel.reserve("WEB-1", "order-1");
    let trace = reserved.header("x-trace-id").expect("a trace");

    let steps = [
        ("call reservations.reserve", "http reservations.reserve"),
        ("call payments.charge", "call reservations.reserve"),
        ("event notifications.charged", "call payments.charge"),
        ("event payments.reserved", "call reservations.reserve"),
        ("event notifications.reserved", "call reservations.reserve"),
    ];
    let mut seen = Vec::new();
    for _ in 0..LOOKS {
        let told = hotel.json(&["trace", trace, "--json"]);
        seen = causes(told["spans"].as_array().expect("spans"));
        if steps
            .iter()
            .all(|(step, _)| seen.iter().any(|(seen, _)| seen == step))
        {
            break;
        }
    }
    for (step, cause) in steps {
        let found = seen.iter().find(|(seen, _)| seen == step);
        let (_, caused_by) = found.unwrap_or_else(|| panic!("{step} is not among {seen:#?}"));
        assert_eq!(caused_by, cause, "what caused {step}");
    }
}

/// Each step with the one that caused it.
fn causes(spans: &[Value]) -> Vec<(String, String)> {
    let name = |span: &Value| {
        let word = |field: &str| span[field].as_str().unwrap_or_default().to_owned();
        format!(
            "{} {}.{}",
            word("kind"),
            word("capability"),
            word("message")
        )
    };
    let cause = |span: &Value| {
        let parent = spans.iter().find(|other| other["span"] == span["parent"]);
        parent.map(name).unwrap_or_default()
    };
    spans.iter().map(|span| (name(span), cause(span))).collect()
}

#[test]
fn an_operator_sees_letters_timers_store_and_health_and_is_told_of_keys() {
    let hotel = Hotel::open();
    hotel.reserve("WEB-1", "order-1");

    assert_eq!(
        hotel.json(&["dlq", "list", "--json"]),
        json!({ "dead_letters": [] })
    );
    let timers = hotel.json(&["timers", "--json"]);
    assert_eq!(timers["timers"][0]["name"], "sweep", "{timers}");
    let store = hotel.json(&["store", "info", "--json"]);
    assert_eq!(
        (&store["engine"], &store["path"]),
        (&json!("sled"), &json!("./data"))
    );
    let keyless = hotel.run(&["request", "reservations.find", r#"{"reference":"WEB-1"}"#]);
    assert_eq!(keyless.code, Some(65), "{keyless:#?}");
    assert!(
        keyless.stderr.contains("say which with --key <hotel>"),
        "{keyless:#?}"
    );
    let health = hotel.json(&["doctor", "--json"]);
    let checks = health["checks"].as_array().expect("checks");
    assert!(
        checks.iter().all(|check| check["state"] == "ok"),
        "{checks:#?}"
    );
}

#[test]
fn what_needs_the_store_alone_says_who_has_it() {
    let hotel = Hotel::open();
    let pid = hotel.process.id().to_string();
    let export = Path::new("hotel.export");
    let exported = hotel.run(&["store", "export", "hotel.export"]);
    assert_eq!(exported.code, Some(75), "{exported:#?}");
    for words in ["error[SK0102]", "./data", &pid, "stop that process first"] {
        assert!(
            exported.stderr.contains(words),
            "{words:?} in {exported:#?}"
        );
    }
    assert!(!hotel.folder.path().join(export).exists());

    let compacted = hotel.run(&["store", "compact"]);
    assert_eq!(compacted.code, Some(75), "{compacted:#?}");
    assert!(
        compacted.stderr.contains("stop the application"),
        "{compacted:#?}"
    );
}
