//! Plays the steps of each hotel: so many under way at a time, in their order, hotels beside each other.
//!
//! Every message carries an id made from the file's content, the line and the step, so that a run which was interrupted and
//! begins again is answered what it was answered before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesOrdered;
use hotel_vocabulary::{BookingReference, Day, HotelName};
use reservations_contract::{
    Cancel, CheckOut, CloseError, NoShow, Reservation, Reservations, Reserve, ReserveError,
};
use skep::{AskError, CallError, KeyedRef, Ref};

use super::booking::Ending;
use super::plan::{Action, Step};
use super::progress::Progress;
use super::summary::{Happened, Summary};

/// How often a message is sent before it counts as failed.
const ATTEMPTS: u32 = 8;
/// The pause before the second attempt, doubled for each one after.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// How long one answer may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// What a run is driven with.
#[derive(Debug)]
pub struct Drive<'a> {
    /// The books of all hotels.
    pub books: Ref<Reservations>,
    /// How many messages are under way to one hotel.
    pub window: usize,
    /// Who is told about every step.
    pub progress: &'a Progress,
    /// Set to end early; what is under way is waited for.
    pub stop: &'a AtomicBool,
}

impl Drive<'_> {
    /// Plays the steps of all hotels.
    pub async fn run(&self, hotels: BTreeMap<HotelName, Vec<Step>>) -> Summary {
        let driven = hotels
            .into_iter()
            .map(|(hotel, steps)| self.hotel(hotel, steps));
        let summaries = join_all(driven).await;
        let mut all = Summary::default();
        for summary in summaries {
            all.hotels.extend(summary.hotels);
        }
        all
    }

    async fn hotel(&self, hotel: HotelName, steps: Vec<Step>) -> Summary {
        let book = self.books.key(hotel.as_str());
        let mut lane = Lane {
            hotel: &hotel,
            progress: self.progress,
            summary: Summary::default(),
            reserving: BTreeSet::new(),
            missing: BTreeSet::new(),
        };
        let mut under_way = FuturesOrdered::new();
        for step in steps {
            while under_way.len() >= self.window || lane.must_wait_for(&step) {
                match under_way.next().await {
                    Some((step, happened)) => lane.ended(&step, &happened),
                    None => break,
                }
            }
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            if lane.is_moot(&step) {
                lane.ended(&step, &Happened::Skipped);
                continue;
            }
            lane.begun(&step);
            under_way.push_back(play(&book, &hotel, step));
        }
        while let Some((step, happened)) = under_way.next().await {
            lane.ended(&step, &happened);
        }
        lane.summary
    }
}

/// What is known while the steps of one hotel are played.
struct Lane<'a> {
    hotel: &'a HotelName,
    progress: &'a Progress,
    summary: Summary,
    /// Reservations that are being asked for: their end waits for the answer.
    reserving: BTreeSet<BookingReference>,
    /// Reservations that were not made: nothing is left to end.
    missing: BTreeSet<BookingReference>,
}

impl Lane<'_> {
    fn must_wait_for(&self, step: &Step) -> bool {
        matches!(&step.action, Action::End { reference, .. } if self.reserving.contains(reference))
    }

    fn is_moot(&self, step: &Step) -> bool {
        matches!(&step.action, Action::End { reference, .. } if self.missing.contains(reference))
    }

    fn begun(&mut self, step: &Step) {
        if let Action::Reserve(asked) = &step.action {
            self.reserving.insert(asked.reference.clone());
        }
    }

    fn ended(&mut self, step: &Step, happened: &Happened) {
        if let Action::Reserve(asked) = &step.action {
            self.reserving.remove(&asked.reference);
            if *happened != Happened::Reserved {
                self.missing.insert(asked.reference.clone());
            }
        }
        self.summary.count(self.hotel, happened);
        self.progress.step();
    }
}

async fn play(book: &KeyedRef<Reservations>, hotel: &HotelName, step: Step) -> (Step, Happened) {
    let happened = match &step.action {
        Action::Reserve(asked) => reserve(book, hotel, asked).await,
        Action::End { reference, ending } => end(book, hotel, reference, *ending, step.on).await,
    };
    if happened == Happened::Failed {
        tracing::error!(line = step.line, day = %step.on, "a step of the replay got no answer");
    }
    (step, happened)
}

async fn reserve(book: &KeyedRef<Reservations>, hotel: &HotelName, asked: &Reserve) -> Happened {
    let mut tried = Tries::default();
    // A refusal is remembered under its id: asking the bank again takes a new one.
    let mut round = 0;
    loop {
        let id = format!("replay {hotel} {} reserve {round}", asked.reference);
        let answer = book.ask(asked.clone()).deadline(DEADLINE).id(id).await;
        match answer {
            Ok(_) => return Happened::Reserved,
            Err(AskError::Domain(refused @ ReserveError::PaymentUnavailable { .. })) => {
                if !tried.again().await {
                    return Happened::Refused(refused);
                }
                round += 1;
            }
            Err(AskError::Domain(refused)) => return Happened::Refused(refused),
            Err(AskError::Call(error)) => {
                if !tried.again_after(&error).await {
                    return Happened::Failed;
                }
            }
        }
    }
}

async fn end(
    book: &KeyedRef<Reservations>,
    hotel: &HotelName,
    reference: &BookingReference,
    ending: Ending,
    on: Day,
) -> Happened {
    let mut tried = Tries::default();
    let id = format!("replay {hotel} {reference} end");
    loop {
        match ask_end(book, &id, reference.clone(), ending, on).await {
            Ok(reservation) => return Happened::Ended(ending, reservation.total()),
            Err(AskError::Domain(refused)) => {
                tracing::error!(%reference, %refused, "a reservation could not be ended");
                return Happened::Failed;
            }
            Err(AskError::Call(error)) => {
                if !tried.again_after(&error).await {
                    return Happened::Failed;
                }
            }
        }
    }
}

async fn ask_end(
    book: &KeyedRef<Reservations>,
    id: &str,
    reference: BookingReference,
    ending: Ending,
    on: Day,
) -> Result<Reservation, AskError<CloseError>> {
    let on = Some(on);
    match ending {
        Ending::Cancelled => {
            let asked = book.ask(Cancel { reference, on });
            asked.deadline(DEADLINE).id(id).await
        }
        Ending::NoShow => {
            let asked = book.ask(NoShow { reference, on });
            asked.deadline(DEADLINE).id(id).await
        }
        Ending::CheckedOut => {
            let asked = book.ask(CheckOut { reference, on });
            asked.deadline(DEADLINE).id(id).await
        }
    }
}

/// Counts the attempts of one message. All may be repeated, because ids and references make repetitions harmless.
#[derive(Default)]
struct Tries(u32);

impl Tries {
    /// Waits a while, unless there have been enough attempts.
    async fn again(&mut self) -> bool {
        self.0 += 1;
        if self.0 >= ATTEMPTS {
            return false;
        }
        tokio::time::sleep(FIRST_PAUSE * 2u32.pow(self.0 - 1)).await;
        true
    }

    async fn again_after(&mut self, error: &CallError) -> bool {
        let may_help = matches!(
            error,
            CallError::Overloaded { .. }
                | CallError::DeadlineExceeded { .. }
                | CallError::Panicked { .. }
                | CallError::Down { .. }
                // Of a node: it ended, or is about to, and comes back.
                | CallError::Lost { .. }
                | CallError::Stopping { .. }
                | CallError::NotHosted { .. }
        );
        if !may_help {
            tracing::error!(%error, "a message of the replay cannot be delivered");
        }
        may_help && self.again().await
    }
}
