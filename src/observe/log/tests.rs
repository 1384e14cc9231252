//! What the log promises: levels, filters, what is kept, who follows, and how it looks.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use parking_lot::Mutex;
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt;

use super::bounded::CUT;
use super::output::Output;
use super::{Followed, HumanFormat, LogFilter, LogRecord, Logs};
use crate::call::current::within;
use crate::call::scope::{Scope, Scoped};
use crate::call::tracer::Step;
use crate::call::{Clock, Key, SpanId, Tick, TraceContext, TraceId};
use crate::config::{LogLevel, LogSettings};

/// What was written.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().clone()).expect("text")
    }
}

/// A stream whose reader has gone.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

struct Turn(Scope);

impl Scoped for Turn {
    fn scope(&self) -> &Scope {
        &self.0
    }

    fn into_any(self: std::sync::Arc<Self>) -> std::sync::Arc<dyn std::any::Any + Send + Sync> {
        self
    }

    fn message(&self) -> &str {
        "charge"
    }
}

/// Logs in a turn of this capability.
fn turn(contract: &'static str, key: Option<&str>, log: impl FnOnce()) {
    let scope = Scope::new(contract, key.map(Key::from), Tick::from_nanos(0));
    scope.set_step(Step {
        context: TraceContext {
            trace: TraceId::from_u128(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736),
            span: SpanId::from_u64(7),
            is_sampled: true,
        },
        parent: None,
    });
    within(Arc::new(Turn(scope)), log);
}

fn settings(level: LogLevel, capabilities: &[(&str, LogLevel)]) -> LogSettings {
    let own = capabilities.iter();
    LogSettings {
        level,
        capabilities: own
            .map(|(name, level)| ((*name).to_owned(), *level))
            .collect(),
        ..LogSettings::default()
    }
}

fn logs(settings: &LogSettings) -> Logs {
    Logs::writing(settings, None, Output::to(None, io::sink()))
}

/// Feeds a log, on this thread only.
fn feed(logs: &Logs) -> tracing::subscriber::DefaultGuard {
    let subscriber = tracing_subscriber::registry().with(logs.layer());
    tracing::subscriber::set_default(subscriber)
}

fn texts(logs: &Logs) -> Vec<String> {
    let records = logs.recent(&LogFilter::default(), usize::MAX);
    records.iter().map(|record| record.text.clone()).collect()
}

/// Says something at each level.
fn talk() {
    tracing::error!("error");
    tracing::warn!("warn");
    tracing::info!("info");
    tracing::debug!("debug");
    tracing::trace!("trace");
}

#[test]
fn a_record_says_whose_turn_logged_it() {
    let logs = logs(&settings(LogLevel::Info, &[]));
    let _fed = feed(&logs);
    turn("payments", Some("lisbon"), || {
        tracing::info!(amount = 12, "charged");
    });
    tracing::info!("outside");
    let records = logs.recent(&LogFilter::default(), 9);
    let mut first = serde_json::to_value(&*records[0]).expect("JSON");
    first["at"] = json!("T");
    let expected = json!({
        "at": "T", "level": "info", "target": module_path!(), "capability": "payments", "key": "lisbon",
        "message_name": "charge", "trace": "4bf92f3577b34da6a3ce929d0e0e4736", "span": "0000000000000007",
        "text": "charged", "fields": {"amount": 12},
    });
    assert_eq!(first, expected);
    assert_eq!((&records[1].capability, &records[1].trace), (&None, &None));
}

#[test]
fn a_record_that_names_a_trace_belongs_to_it() {
    let logs = logs(&settings(LogLevel::Info, &[]));
    let _fed = feed(&logs);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    tracing::info!(%trace, "a request was answered");
    turn("payments", None, || {
        tracing::info!(%trace, "a request failed");
    });
    tracing::info!(trace = "of a fox", "found");
    let of_it = LogFilter {
        trace: Some("0af7".to_owned()),
        ..LogFilter::default()
    };
    let records = logs.recent(&of_it, 9);
    let texts: Vec<&str> = records.iter().map(|record| record.text.as_str()).collect();
    assert_eq!(texts, ["a request was answered", "a request failed"]);
    let other = &logs.recent(&LogFilter::default(), 9)[2];
    assert_eq!(
        (&other.trace, &other.fields["trace"]),
        (&None, &json!("of a fox"))
    );
}

#[test]
fn a_record_that_names_a_capability_is_that_capabilitys() {
    let logs = logs(&settings(LogLevel::Off, &[("reports", LogLevel::Warn)]));
    let _fed = feed(&logs);
    let other = "reports[lisbon]";
    turn("payments", Some("porto"), || {
        tracing::warn!(capability = %other, message = "print", reason = "no ink", "failed");
        tracing::warn!(capability = "search", "left out");
    });
    let records = logs.recent(&LogFilter::default(), 9);
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!(record.capability.as_deref(), Some("reports"));
    assert_eq!(record.key.as_deref(), Some("lisbon"));
    assert_eq!(record.message_name.as_deref(), Some("print"));
    assert_eq!(record.text, "failed");
    assert_eq!(record.fields["reason"], "no ink");
}

#[test]
fn a_capability_may_say_more_or_less_than_the_others() {
    let own = [("chatty", LogLevel::Trace), ("quiet", LogLevel::Error)];
    let logs = logs(&settings(LogLevel::Warn, &own));
    let _fed = feed(&logs);
    let heard = |contract| {
        let before = texts(&logs).len();
        turn(contract, None, talk);
        texts(&logs).len() - before
    };
    assert_eq!(
        (heard("chatty"), heard("quiet"), heard("normal")),
        (5, 1, 2)
    );
}

#[test]
fn libraries_are_quiet_also_in_a_chatty_capability() {
    let logs = logs(&settings(LogLevel::Info, &[("chatty", LogLevel::Trace)]));
    let _fed = feed(&logs);
    turn("chatty", None, || {
        tracing::info!(target: "sled::pagecache", "chatter");
        tracing::warn!(target: "sled::pagecache", "trouble");
    });
    assert_eq!(texts(&logs), ["trouble"]);
}

#[test]
fn the_variable_wins_over_the_level_and_nonsense_in_it_over_nothing() {
    for (wanted, expected) in [(Some("debug"), 4), (Some("=,=!"), 3), (None, 3)] {
        let settings = settings(LogLevel::Info, &[]);
        let logs = Logs::writing(&settings, wanted, Output::to(None, io::sink()));
        let _fed = feed(&logs);
        talk();
        assert_eq!(texts(&logs).len(), expected, "{wanted:?}");
    }
}

#[test]
fn a_level_that_is_set_holds_at_once_and_restoring_undoes_it() {
    let logs = logs(&settings(LogLevel::Warn, &[("payments", LogLevel::Error)]));
    let _fed = feed(&logs);
    let heard = || {
        let before = texts(&logs).len();
        turn("payments", None, talk);
        texts(&logs).len() - before
    };
    assert_eq!(heard(), 1);
    let change = logs.set_level("payments", LogLevel::Debug, None);
    assert_eq!(change.previous, Some(LogLevel::Error));
    assert_eq!(heard(), 4);
    let minute = Some(Duration::from_secs(60));
    logs.set_level("payments", LogLevel::Trace, minute);
    logs.set_level("payments", LogLevel::Info, minute);
    assert_eq!(heard(), 3);
    assert_eq!(
        logs.restore("payments").level,
        Some(LogLevel::Debug),
        "what was before the first timed one"
    );
    assert_eq!(heard(), 4);
    assert_eq!(
        logs.restore("payments").level,
        Some(LogLevel::Error),
        "what was configured"
    );
    assert_eq!(heard(), 1);
    assert_eq!(logs.restore("nobody").level, None);
}

#[tokio::test(start_paused = true)]
async fn a_level_for_a_while_ends_by_itself_with_what_was_before_the_first() {
    let logs = logs(&settings(LogLevel::Info, &[]));
    let wall = SystemTime::UNIX_EPOCH;
    let clock = Clock::virtual_time(tokio::runtime::Handle::current(), wall);
    let mut keeper = Box::pin(logs.keep_time(clock.clone()));
    assert!(futures_util::poll!(&mut keeper).is_pending());
    let seconds = Duration::from_secs;
    let change = logs.set_level("payments", LogLevel::Debug, Some(seconds(600)));
    assert_eq!(change.until, Some(wall + seconds(600)));
    logs.set_level("search", LogLevel::Error, Some(seconds(700)));
    logs.set_level("payments", LogLevel::Trace, Some(seconds(60)));
    let own = || -> Vec<_> {
        let levels = logs.levels().into_iter().skip(1);
        levels
            .map(|level| (level.capability.unwrap_or_default(), level.level))
            .collect()
    };
    let search = ("search".to_owned(), LogLevel::Error);
    assert_eq!(
        own(),
        [("payments".to_owned(), LogLevel::Trace), search.clone()]
    );
    for (until, expected) in [(59, 2), (61, 1), (699, 1), (701, 0)] {
        let sleep = clock.sleep_until(Tick::from_nanos(until * 1_000_000_000));
        tokio::select! { () = &mut keeper => {}, () = sleep => {} }
        assert_eq!(own().len(), expected, "after {until} s");
    }
}

#[test]
fn the_last_records_are_kept_and_no_more() {
    let settings = LogSettings {
        recent: 3,
        ..settings(LogLevel::Trace, &[])
    };
    let logs = logs(&settings);
    let _fed = feed(&logs);
    talk();
    assert_eq!(texts(&logs), ["info", "debug", "trace"]);
    let last: Vec<_> = logs.recent(&LogFilter::default(), 2);
    assert_eq!(last[0].text, "debug");
}

#[test]
fn nothing_is_kept_where_nothing_is_wanted() {
    let settings = LogSettings {
        recent: 0,
        ..settings(LogLevel::Trace, &[])
    };
    let paper = Paper::default();
    let logs = Logs::writing(&settings, None, Output::to(None, paper.clone()));
    let _fed = feed(&logs);
    talk();
    assert!(texts(&logs).is_empty());
    assert_eq!(
        paper.text().lines().count(),
        5,
        "it is written all the same"
    );
}

#[test]
fn a_filter_takes_what_fits_in_all_respects() {
    let logs = logs(&settings(LogLevel::Trace, &[]));
    let _fed = feed(&logs);
    turn("payments", None, talk);
    turn("search", None, talk);
    talk();
    let found = |filter: &LogFilter| logs.recent(filter, 99).len();
    let capabilities = vec!["payments".to_owned(), "reports".to_owned()];
    let mut filter = LogFilter {
        capabilities,
        ..LogFilter::default()
    };
    assert_eq!(found(&filter), 5);
    filter.level = LogLevel::Warn;
    assert_eq!(found(&filter), 2);
    filter.trace = Some("4bf92f35".to_owned());
    assert_eq!(found(&filter), 2);
    filter.trace = Some("5".to_owned());
    assert_eq!(found(&filter), 0);
    assert_eq!(found(&LogFilter::default()), 15);
}

#[tokio::test]
async fn a_follower_gets_what_was_and_what_comes_and_is_told_what_it_missed() {
    let logs = logs(&settings(LogLevel::Info, &[]));
    let _fed = feed(&logs);
    tracing::info!("before");
    let only = LogFilter {
        capabilities: vec!["payments".to_owned()],
        ..LogFilter::default()
    };
    let mut all = logs.follow(LogFilter::default(), 10);
    let mut payments = logs.follow(only, 10);
    let text = |followed: Option<Followed>| match followed {
        Some(Followed::Record(record)) => record.text.clone(),
        other => format!("{other:?}"),
    };
    assert_eq!(text(all.next().await), "before");
    let mut next = Box::pin(all.next());
    assert!(futures_util::poll!(&mut next).is_pending());
    for number in 0..1030 {
        tracing::info!("{number}");
    }
    turn("payments", None, || tracing::info!("charged"));
    assert_eq!(next.await, Some(Followed::Missed(7)));
    assert_eq!(text(all.next().await), "7");
    assert_eq!(
        text(payments.next().await),
        "charged",
        "others do not push it out"
    );
    drop(_fed);
    drop(logs);
    assert_eq!(payments.next().await, None);
}

#[test]
fn a_record_takes_bounded_memory() {
    let logs = logs(&settings(LogLevel::Info, &[]));
    let _fed = feed(&logs);
    let long = "x".repeat(100_000);
    tracing::info!(a = %long, b = %long, number = 7, "{long}");
    let record = logs.recent(&LogFilter::default(), 1).remove(0);
    assert!(record.text.ends_with(CUT));
    let bytes = serde_json::to_string(&*record).expect("JSON").len();
    assert!(bytes < 20_000, "{bytes}");
    assert_eq!(record.fields["number"], 7);
}

#[test]
fn a_broken_stream_hurts_nobody() {
    let logs = Logs::writing(
        &settings(LogLevel::Info, &[]),
        None,
        Output::to(None, Broken),
    );
    let _fed = feed(&logs);
    talk();
    assert_eq!(texts(&logs).len(), 3);
}

fn record() -> LogRecord {
    serde_json::from_value(json!({
        "at": "2026-11-21T10:11:12.345678Z", "level": "warn", "target": "payments::desk", "capability": "payments",
        "key": "lisbon", "message_name": "charge", "trace": "4bf92f3577b34da6a3ce929d0e0e4736", "span": "0000000000000007",
        "text": "the bank is slow", "fields": {"attempt": 2, "bank": "Banco do Sul", "code": "E7", "final": false},
    }))
    .expect("a record")
}

#[test]
fn a_record_is_one_line_for_people() {
    let plain = HumanFormat::new(false).in_zone(TimeZone::UTC);
    let colour = HumanFormat::new(true).in_zone(TimeZone::UTC);
    insta::assert_snapshot!(plain.line(&record()), @r#"10:11:12.345  WARN payments[lisbon] the bank is slow attempt=2 bank="Banco do Sul" code=E7 final=false [4bf92f35]"#);
    insta::assert_snapshot!(colour.line(&record()).replace('\x1b', "^"), @r#"^[2m10:11:12.345^[0m ^[33m WARN^[0m ^[1mpayments[lisbon]^[0m the bank is slow ^[2mattempt=^[0m2 ^[2mbank=^[0m"Banco do Sul" ^[2mcode=^[0mE7 ^[2mfinal=^[0mfalse ^[2m[4bf92f35]^[0m"#);
    let bare = LogRecord {
        capability: None,
        key: None,
        trace: None,
        fields: serde_json::Map::new(),
        level: LogLevel::Info,
        ..record()
    };
    insta::assert_snapshot!(plain.line(&bare), @"10:11:12.345  INFO payments::desk the bank is slow");
}

#[test]
fn nobody_can_fake_a_line_or_steer_the_terminal() {
    let evil = "ok\n12:00:00.000 ERROR fake\r\x1b[2J\u{202e}\u{9b}";
    let mut record = record();
    record.text = evil.to_owned();
    record.key = Some(evil.to_owned());
    record.fields.insert("name".to_owned(), evil.into());
    record.fields.insert(evil.to_owned(), 1.into());
    let line = HumanFormat::new(false).line(&record);
    assert!(
        !line.contains(|c: char| c.is_control() || c == '\u{202e}'),
        "{line:?}"
    );
    assert!(line.contains("ok\\n12:00:00.000 ERROR fake\\r"), "{line}");
}

#[test]
fn lines_for_machines_read_back() {
    let paper = Paper::default();
    let logs = Logs::writing(
        &settings(LogLevel::Info, &[]),
        None,
        Output::to(None, paper.clone()),
    );
    let _fed = feed(&logs);
    turn("payments", Some("lisbon"), || {
        tracing::warn!(path = "a\nb", share = 0.5, "two\nlines");
    });
    let text = paper.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 1);
    let read: LogRecord = serde_json::from_str(lines[0]).expect("a record");
    assert_eq!(read, *logs.recent(&LogFilter::default(), 1)[0]);
}
