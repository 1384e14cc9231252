//! What follows from the end of a reservation. Each booking ends once, so that an end which is told again changes nothing.

use payments_contract::{Day, Money, Purpose};
use reservations_contract::{Reservation, Status};
use skep::Cx;

use crate::bank::Fault;
use crate::desk::{Desk, NoBank};
use crate::folio::{Collected, charge_id};

impl Desk {
    pub(crate) async fn bill(
        &mut self,
        reservation: &Reservation,
        cx: &mut Cx<Self>,
    ) -> Result<(), NoBank> {
        let mut record = self.folio(&reservation.hotel, &reservation.reference);
        if record.end.is_some() {
            return Ok(());
        }
        let due = record.due_for_stay(reservation);
        let collected = self.settle(reservation, Purpose::Stay, due, cx).await?;
        let outcome = record.bill(reservation, ended_on(reservation), collected);
        let (hotel, reference) = (&reservation.hotel, &reservation.reference);
        self.keep(hotel, reference, &record, outcome, cx);
        Ok(())
    }

    pub(crate) async fn no_show(
        &mut self,
        reservation: &Reservation,
        cx: &mut Cx<Self>,
    ) -> Result<(), NoBank> {
        let mut record = self.folio(&reservation.hotel, &reservation.reference);
        if record.end.is_some() {
            return Ok(());
        }
        let due = record.due_for_no_show(reservation);
        let collected = self
            .settle(reservation, Purpose::NoShowFee, due, cx)
            .await?;
        let outcome = record.no_show(reservation, ended_on(reservation), collected);
        let (hotel, reference) = (&reservation.hotel, &reservation.reference);
        self.keep(hotel, reference, &record, outcome, cx);
        Ok(())
    }

    pub(crate) async fn cancel(
        &mut self,
        reservation: &Reservation,
        cx: &mut Cx<Self>,
    ) -> Result<(), NoBank> {
        let mut record = self.folio(&reservation.hotel, &reservation.reference);
        if record.end.is_some() {
            return Ok(());
        }
        if record.refundable(reservation).is_some() {
            self.pay_out(cx).await.map_err(|_| NoBank)?;
        }
        let outcome = record.cancel(reservation, ended_on(reservation));
        let (hotel, reference) = (&reservation.hotel, &reservation.reference);
        self.keep(hotel, reference, &record, outcome, cx);
        Ok(())
    }

    async fn settle(
        &self,
        reservation: &Reservation,
        purpose: Purpose,
        due: Money,
        cx: &Cx<Self>,
    ) -> Result<Collected, NoBank> {
        if !due.is_positive() {
            return Ok(Collected::Nothing);
        }
        let id = charge_id(reservation, purpose);
        match self.collect(&id, due, ended_on(reservation), cx).await {
            Ok(receipt) => Ok(Collected::Paid(receipt)),
            Err(Fault::Declined { reason }) => Ok(Collected::Declined {
                amount: due,
                reason,
            }),
            Err(Fault::OutOfService) => Err(NoBank),
        }
    }
}

fn ended_on(reservation: &Reservation) -> Day {
    match reservation.status {
        Status::Cancelled { on } | Status::NoShow { on } | Status::CheckedOut { on } => on,
        Status::Reserved => reservation.booked_on,
    }
}
