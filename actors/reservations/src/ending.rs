//! How a reservation ends: cancelled, never used, or checked out. Each ends once.

use hotel_vocabulary::Day;
use reservations_contract::{CloseError, Reservation, Status};

/// The ways to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The guest cancelled.
    Cancel,
    /// The guest never came.
    NoShow,
    /// The guest came and left.
    CheckOut,
}

/// What asking for an end leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The reservation has just ended.
    Now(Reservation),
    /// It had ended so before, on the same day: the request came twice.
    Before(Reservation),
}

/// Ends a reservation on a day.
///
/// # Errors
/// [`CloseError::WrongState`] when it has ended otherwise, [`CloseError::TooEarly`] when the day lies before the booking
/// or, but for a cancellation, before the arrival.
pub fn end(reservation: Reservation, ending: Ending, on: Day) -> Result<Ended, CloseError> {
    let status = ending.status(on);
    if reservation.status == status {
        return Ok(Ended::Before(reservation));
    }
    if reservation.status != Status::Reserved {
        return Err(CloseError::WrongState {
            reference: reservation.reference,
            status: reservation.status,
        });
    }
    let earliest = match ending {
        Ending::Cancel => reservation.booked_on,
        Ending::NoShow | Ending::CheckOut => reservation.stay.arrival,
    };
    if on < earliest {
        return Err(CloseError::TooEarly { on, earliest });
    }
    Ok(Ended::Now(Reservation {
        status,
        ..reservation
    }))
}

/// The nights that an end gives back: what was taken before and is not taken after.
pub fn nights_given_back(
    before: &Reservation,
    after: &Reservation,
) -> impl Iterator<Item = Day> + use<> {
    let still_taken = after.taken_nights().count();
    before.taken_nights().skip(still_taken)
}

impl Ending {
    fn status(self, on: Day) -> Status {
        match self {
            Self::Cancel => Status::Cancelled { on },
            Self::NoShow => Status::NoShow { on },
            Self::CheckOut => Status::CheckedOut { on },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{day, reservation};

    fn now(ended: Result<Ended, CloseError>) -> Reservation {
        match ended {
            Ok(Ended::Now(reservation)) => reservation,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_reservation_ends_once_and_the_same_request_twice_is_once() {
        let endings = [Ending::Cancel, Ending::NoShow, Ending::CheckOut];
        for first in endings {
            let ended = now(end(reservation("B-1"), first, day("2016-02-02")));
            for second in endings {
                let again = end(ended.clone(), second, day("2016-02-02"));
                if first == second {
                    assert_eq!(again, Ok(Ended::Before(ended.clone())));
                } else {
                    assert!(
                        matches!(again, Err(CloseError::WrongState { .. })),
                        "{first:?} then {second:?}"
                    );
                }
            }
            assert!(
                end(ended, first, day("2016-02-03")).is_err(),
                "{first:?} on another day"
            );
        }
    }

    #[test]
    fn nobody_checks_out_before_arriving_but_may_cancel_before() {
        let early = day("2016-01-20");
        assert!(end(reservation("B-1"), Ending::Cancel, early).is_ok());
        let refused = CloseError::TooEarly {
            on: early,
            earliest: day("2016-02-01"),
        };
        assert_eq!(
            end(reservation("B-1"), Ending::CheckOut, early),
            Err(refused.clone())
        );
        assert_eq!(end(reservation("B-1"), Ending::NoShow, early), Err(refused));
        assert!(
            end(reservation("B-1"), Ending::Cancel, day("2015-12-31")).is_err(),
            "before the booking"
        );
    }

    #[test]
    fn an_end_gives_back_the_nights_that_nobody_sleeps() {
        let given_back = |ending, on| {
            let before = reservation("B-1");
            let after = now(end(before.clone(), ending, day(on)));
            nights_given_back(&before, &after)
                .map(|night| night.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            given_back(Ending::Cancel, "2016-01-20"),
            ["2016-02-01", "2016-02-02"]
        );
        assert_eq!(
            given_back(Ending::NoShow, "2016-02-01"),
            ["2016-02-01", "2016-02-02"]
        );
        assert_eq!(given_back(Ending::CheckOut, "2016-02-01"), ["2016-02-02"]);
        assert!(given_back(Ending::CheckOut, "2016-02-03").is_empty());
        assert!(given_back(Ending::CheckOut, "2016-02-09").is_empty());
    }
}
