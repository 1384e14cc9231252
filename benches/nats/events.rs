//! Events that are handled in another process: one after the other, and as fast as they go.

use std::cell::{OnceCell, RefCell};
use std::future::Future;

use benches::threads::spawn;
use benches::{Bench, Candidate, Figure, Role, Servant, Unit, now, serve_parent};

use crate::handled::{self, HANDLED, wall_nanos};
use crate::raw_events::{Core, Stream};
use crate::skep_events::{Recording, Telling};
use crate::stage::{Stage, threads};
use crate::work::{Cost, all, per_second, text};

/// Bytes of the text in an event.
const BYTES: usize = 128;
/// Who emits beside each other; the events of each of them stay in order.
const EMITTERS: [(u64, &str); 2] = [(1, "1 emitter"), (64, "64 emitters")];
/// Events of a turn, one after the other.
const ONE_BY_ONE: u64 = 500;

/// One way to bring events to another process.
pub(crate) trait Emitter: Clone + Send + Sync + 'static {
    /// As in the tables.
    const NAME: &'static str;
    /// What it is there for.
    const ROLE: Role;
    /// What the child that listens is asked to do.
    const WORK: &'static str;
    /// Events of a turn, as fast as they go.
    const EVENTS: u64;
    /// What the child keeps as long as it listens.
    type Listener: Send + 'static;

    /// Listens from now on, and tells [`HANDLED`].
    fn listen(nats: String) -> impl Future<Output = Self::Listener> + Send;

    /// Somebody who emits to who listens.
    fn connect(nats: String) -> impl Future<Output = Self> + Send;

    /// Lets an emitter of this number emit.
    fn emit(&self, emitter: u64, at: u64, text: String) -> impl Future<Output = ()> + Send;

    /// Leaves in peace.
    fn leave(self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// Measures all tables of this file.
pub(crate) fn measure(bench: &mut Bench, stage: &Stage) {
    let (telling, recording) = (Pair::<Telling>::new(stage), Pair::<Recording>::new(stage));
    let (stream, core) = (Pair::<Stream>::new(stage), Pair::<Core>::new(stage));
    let number = bench.options().scale(ONE_BY_ONE);
    bench.table(
        &format!("event-latency-{BYTES}"),
        &format!("event of {BYTES} B, from emitted to handled, one after the other: latency"),
        Unit::Micros,
        vec![
            telling.one_by_one(number),
            recording.one_by_one(number),
            stream.one_by_one(number),
            core.one_by_one(number),
        ],
    );
    for (emitters, title) in EMITTERS {
        let scale = |events| bench.options().scale(events);
        let candidates = vec![
            telling.at_once(emitters, scale(Telling::EVENTS)),
            recording.at_once(emitters, scale(Recording::EVENTS)),
            stream.at_once(emitters, scale(Stream::EVENTS)),
            core.at_once(emitters, scale(Core::EVENTS)),
        ];
        bench.table(
            &format!("event-{emitters}-{BYTES}"),
            &format!("events of {BYTES} B of {title}, until all are handled"),
            Unit::PerSecond,
            candidates,
        );
    }
}

/// A child that listens until the parent ends.
pub(crate) fn serve<E: Emitter>(nats: &str) {
    let runtime = threads();
    let listening = spawn(runtime.handle(), E::listen(nats.to_owned()));
    let listener = runtime.block_on(listening).expect("it listens");
    serve_parent("", |line| HANDLED.answer(line));
    drop(listener);
}

/// Who emits, and the child that listens, from the first turn on.
struct Pair<'s, E: Emitter> {
    stage: &'s Stage,
    both: OnceCell<(RefCell<Servant>, E)>,
}

impl<'s, E: Emitter> Pair<'s, E> {
    const fn new(stage: &'s Stage) -> Self {
        Self {
            stage,
            both: OnceCell::new(),
        }
    }

    fn one_by_one(&self, number: u64) -> Candidate<'_> {
        Candidate::new(E::NAME, E::ROLE, move || {
            self.turn(number, |listener| {
                let mut told = None;
                for count in 1..=number {
                    self.emit(1, 1);
                    told = Some(handled::wait(listener, count));
                }
                told.map_or_else(Figure::default, |told| Figure {
                    value: told.p50,
                    p99: Some(told.p99),
                    note: String::new(),
                })
            })
        })
    }

    fn at_once(&self, emitters: u64, number: u64) -> Candidate<'_> {
        Candidate::new(E::NAME, E::ROLE, move || {
            self.turn(number, |listener| {
                let begin = now();
                self.emit(emitters, number);
                handled::wait(listener, number);
                per_second(number, begin.elapsed()).into()
            })
        })
    }

    /// Warms up, then does this; what it costs is noted.
    fn turn(&self, number: u64, work: impl FnOnce(&mut Servant) -> Figure) -> Figure {
        let mut listener = self.both().0.borrow_mut();
        handled::begin(&mut listener);
        self.emit(1, 1);
        handled::wait(&mut listener, 1);
        handled::begin(&mut listener);
        let before = Cost::of(listener.process(), Some(self.stage.nats_process));
        let mut figure = work(&mut listener);
        figure.note = before.each(number).to_string();
        figure
    }

    /// Lets so many emitters emit so many events, each one of its own after the other.
    fn emit(&self, emitters: u64, number: u64) {
        let emitter = self.both().1.clone();
        self.stage.run(async move {
            let text = text(BYTES);
            all(emitters, number, |number| {
                emitter.emit(number % emitters, wall_nanos(), text.clone())
            })
            .await;
        });
    }

    fn both(&self) -> &(RefCell<Servant>, E) {
        self.both.get_or_init(|| {
            let nats = &self.stage.nats;
            let listener = Servant::start(&format!("{} {nats}", E::WORK));
            let emitter = self.stage.run(E::connect(nats.clone()));
            (RefCell::new(listener), emitter)
        })
    }
}

impl<E: Emitter> Drop for Pair<'_, E> {
    fn drop(&mut self) {
        if let Some((listener, emitter)) = self.both.take() {
            self.stage.run(emitter.leave());
            drop(listener);
        }
    }
}
