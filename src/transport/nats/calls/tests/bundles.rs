//! Calls that go to another process together.

use std::future::pending;
use std::sync::Arc;

use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use futures_util::future::{BoxFuture, join_all};
use futures_util::{FutureExt, StreamExt};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::stage::{CAPABILITY, MESSAGE, Stage};
use crate::call::CallError;
use crate::call::route::{Answer, Remote, Request, RequestKind};
use crate::config::NatsSettings;
use crate::transport::frame::Frame;
use crate::transport::nats::headers;
use crate::transport::nats::link::Link;
use crate::transport::nats::subjects::{BUNDLE, last_token};

/// Says back what it hears, and remembers it.
#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<Vec<u8>>>,
}

impl Remote for Ear {
    fn call(&self, request: Request) -> BoxFuture<'static, Result<Answer, CallError>> {
        self.heard.lock().push(request.body.clone());
        async move {
            // Not at once: whoever takes the calls comes back to it.
            tokio::task::yield_now().await;
            match request.kind {
                RequestKind::Ask => Ok(Answer::Reply(request.body)),
                RequestKind::Tell | RequestKind::Try => Ok(Answer::Accepted),
            }
        }
        .boxed()
    }

    fn try_tell(&self, _: Request) -> Result<(), CallError> {
        unreachable!("a transport calls")
    }
}

/// The subjects of all messages to a capability from now on.
async fn watch(link: &Link) -> impl AsyncFnMut() -> Message {
    let mut calls = link
        .listen(link.subjects().calls(CAPABILITY))
        .await
        .expect("it may listen");
    async move || calls.next().await.expect("a connection")
}

/// What has been sent to the capability until now.
async fn all_until_now(link: &Link, mut messages: impl AsyncFnMut() -> Message) -> Vec<Message> {
    // Whatever comes after says that there is no more.
    let last = link.subjects().call(CAPABILITY, "last");
    link.publish(last.clone()).await;
    let mut all = Vec::new();
    loop {
        let message = messages().await;
        if message.subject.as_str() == last {
            return all;
        }
        all.push(message);
    }
}

async fn ask_all(stage: &Stage, bodies: impl IntoIterator<Item = String>) {
    let asks = bodies.into_iter().map(|body| async move {
        let answer = stage.caller.call(stage.request(body.clone())).await;
        assert_eq!(answer, Ok(Answer::Reply(body.into_bytes())));
    });
    join_all(asks).await;
}

fn numbers(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| number.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_under_way_at_the_same_time_share_messages_and_get_their_own_answers() {
    let stage = Stage::new().await;
    stage.host(Arc::new(Ear::default())).await;
    let messages = watch(&stage.link).await;
    ask_all(&stage, numbers(1000)).await;
    let num_messages = all_until_now(&stage.link, messages).await.len();
    assert!(num_messages < 500, "{num_messages} messages for 1000 calls");
    stage.tasks.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_can_be_switched_off() {
    let settings = NatsSettings {
        bundles: false,
        ..NatsSettings::default()
    };
    let stage = Stage::with(settings, "").await;
    stage.host(Arc::new(Ear::default())).await;
    let mut message = watch(&stage.link).await;
    ask_all(&stage, numbers(100)).await;
    for _ in 0..100 {
        assert_eq!(last_token(&message().await.subject), MESSAGE);
    }
    stage.tasks.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_are_no_larger_than_the_server_takes() {
    let stage = Stage::with(NatsSettings::default(), "max_payload: 8KB").await;
    stage.host(Arc::new(Ear::default())).await;
    let messages = watch(&stage.link).await;
    ask_all(&stage, (0..200).map(|number| format!("{number:01000}"))).await;
    let messages = all_until_now(&stage.link, messages).await;
    // What is too large is not sent, and its calls go one by one.
    for message in messages {
        assert_eq!(last_token(&message.subject), BUNDLE);
    }
    stage.tasks.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_a_bundle_that_cannot_be_sent_are_sent_one_by_one() {
    let stage = Stage::with(NatsSettings::default(), "max_payload: 8KB").await;
    stage.host(Arc::new(Ear::default())).await;
    stage.link.suppose_limit(usize::MAX);
    ask_all(&stage, (0..200).map(|number| format!("{number:01000}"))).await;
    stage.tasks.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_any_size_keep_their_order() {
    let stage = Stage::new().await;
    let ear = Arc::new(Ear::default());
    stage.host(Arc::<Ear>::clone(&ear)).await;
    let bodies: Vec<_> = (0..300)
        .map(|number| vec![b'0' + u8::try_from(number % 10).unwrap_or(0); number * number])
        .collect();
    for body in &bodies {
        let told = stage.caller.try_tell(Request {
            kind: RequestKind::Tell,
            ..stage.request(body.clone())
        });
        assert_eq!(told, Ok(()));
    }
    ask_all(&stage, ["the end".to_owned()]).await;
    let heard = std::mem::take(&mut *ear.heard.lock());
    assert_eq!(heard.len(), bodies.len() + 1);
    assert!(heard[..bodies.len()] == bodies, "the order is another one");
    stage.tasks.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_knows_no_bundles_gets_calls_one_by_one() {
    let stage = Stage::new().await;
    let (link, mut calls) = (
        stage.other.clone(),
        stage
            .other
            .serve(stage.other.subjects().calls(CAPABILITY))
            .await
            .expect("it may listen"),
    );
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    // As one did that was written before there were bundles: they are a message that it does not have.
    stage.tasks.spawn(async move {
        while let Some(message) = calls.next().await {
            let name = last_token(&message.subject).to_owned();
            let answer = if name == MESSAGE {
                Ok(Answer::Reply(message.payload.to_vec()))
            } else {
                Err(CallError::UnknownMessage {
                    capability: CAPABILITY.to_owned(),
                    message: name.clone(),
                })
            };
            noted.lock().push(name);
            let answer = Frame::of_answer(answer);
            let reply = message.reply.expect("somebody waits");
            link.answer(reply, headers::of(answer.headers), answer.body.into())
                .await;
        }
    });
    ask_all(&stage, numbers(100)).await;
    let num_bundles = |seen: &[String]| seen.iter().filter(|name| *name == BUNDLE).count();
    let tried = num_bundles(&seen.lock());
    assert!(tried > 0, "bundles are tried");
    ask_all(&stage, numbers(100)).await;
    assert_eq!(num_bundles(&seen.lock()), tried, "and given up for a while");
    stage.tasks.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_bundle_that_cannot_be_read_nothing_is_begun_and_its_sender_is_told() {
    let stage = Stage::new().await;
    let ear = Arc::new(Ear::default());
    let callee = stage.host(Arc::<Ear>::clone(&ear)).await;
    let client = stage.link.client();
    let inbox = client.new_inbox();
    let mut answers = client
        .subscribe(format!("{inbox}.*"))
        .await
        .expect("a subscription");
    let subject = stage.link.subjects().call(CAPABILITY, BUNDLE);
    for payload in ["", "\u{2}garbled", "\u{1}older", "\u{3}newer"] {
        let (reply, payload) = (format!("{inbox}.b1-2-3"), Bytes::from(payload));
        let empty = payload.is_empty();
        client
            .publish_with_reply(subject.clone(), reply, payload)
            .await
            .expect("a connection");
        let answer = answers.next().await.expect("an answer");
        let answer = headers::frame(&answer).into_answer(CAPABILITY);
        let unknown = Ok(Err(CallError::UnknownMessage {
            capability: CAPABILITY.to_owned(),
            message: BUNDLE.to_owned(),
        }));
        assert_eq!(answer, unknown, "empty: {empty}");
    }
    assert_eq!(ear.heard.lock().len(), 0);
    assert_eq!(callee.num_at_work(), 0);
    // The next one is taken as if nothing had been.
    ask_all(&stage, numbers(10)).await;
    stage.tasks.end().await;
}

/// Never answers; says when it is begun, and when nobody works on it any more.
struct Deaf {
    begun: Arc<Semaphore>,
    ended: Arc<Semaphore>,
}

struct Ends(Arc<Semaphore>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

impl Remote for Deaf {
    fn call(&self, _: Request) -> BoxFuture<'static, Result<Answer, CallError>> {
        self.begun.add_permits(1);
        let ends = Ends(Arc::clone(&self.ended));
        async move {
            let _ends = ends;
            pending().await
        }
        .boxed()
    }

    fn try_tell(&self, _: Request) -> Result<(), CallError> {
        unreachable!("a transport calls")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_a_bundle_that_nobody_waits_for_any_more_are_let_go() {
    let stage = Stage::new().await;
    let (begun, ended) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let deaf = Deaf {
        begun: Arc::clone(&begun),
        ended: Arc::clone(&ended),
    };
    let callee = stage.host(Arc::new(deaf)).await;
    {
        let mut asks = join_all((0..100).map(|_| stage.caller.call(stage.request("{}"))));
        tokio::select! {
            _ = &mut asks => unreachable!("nobody answers"),
            all = begun.acquire_many(100) => all.expect("it is open").forget(),
        }
        assert_eq!(callee.num_at_work(), 100);
    }
    ended.acquire_many(100).await.expect("it is open").forget();
    callee.leave().await;
    assert_eq!(stage.link.num_waiting(), 0);
    stage.tasks.end().await;
}

/// Panics on some bodies: how a message is read is its author's matter.
struct Brittle;

impl Remote for Brittle {
    fn call(&self, request: Request) -> BoxFuture<'static, Result<Answer, CallError>> {
        match request.body.as_slice() {
            b"now" => panic!("it broke at once"),
            b"later" => async {
                tokio::task::yield_now().await;
                panic!("it broke later")
            }
            .boxed(),
            _ => std::future::ready(Ok(Answer::Reply(request.body))).boxed(),
        }
    }

    fn try_tell(&self, _: Request) -> Result<(), CallError> {
        unreachable!("a transport calls")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_reading_panics_harms_no_other() {
    let stage = Stage::new().await;
    stage.host(Arc::new(Brittle)).await;
    let bodies = ["1", "now", "2", "later", "3"];
    let answers = join_all(bodies.map(|body| stage.caller.call(stage.request(body)))).await;
    let broken = |reason: &str| {
        Err(CallError::Panicked {
            capability: CAPABILITY.to_owned(),
            reason: reason.to_owned(),
        })
    };
    let expected = [
        Ok(Answer::Reply(b"1".to_vec())),
        broken("it broke at once"),
        Ok(Answer::Reply(b"2".to_vec())),
        broken("it broke later"),
        Ok(Answer::Reply(b"3".to_vec())),
    ];
    assert_eq!(answers, expected);
    stage.tasks.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_nobody_is_not_delivered() {
    let stage = Stage::new().await;
    let asks = (0..50).map(|_| {
        stage.caller.call(Request {
            deadline: stage
                .clock
                .now()
                .after(std::time::Duration::from_millis(300)),
            ..stage.request("{}")
        })
    });
    for answer in join_all(asks).await {
        let expected = CallError::NotHosted {
            capability: CAPABILITY.to_owned(),
        };
        assert_eq!(answer, Err(expected));
    }
    // Nothing of it comes back.
    stage
        .link
        .send("nobody.hears".to_owned(), HeaderMap::new(), Bytes::new())
        .await
        .expect("a connection")
        .answer()
        .await;
    assert_eq!(stage.link.num_waiting(), 0);
    stage.tasks.end().await;
}
