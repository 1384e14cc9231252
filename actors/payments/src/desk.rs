//! The actor: one desk for the money of all hotels.

use payments_contract::{
    Audit, BookingReference, Charge, ChargeError, ChargeId, Day, FindFolio, Folio, HotelName,
    LedgerAudit, Money, Payments, Receipt, Refund, RefundError, Refunded, UnknownFolio,
};
use reservations_contract::{Cancelled, CheckedOut, NoShowRecorded, Reserved};
use serde::{Deserialize, Serialize};
use skep::{Cx, StartError, Table, capability};

use crate::bank::{Bank, Fault};
use crate::folio::{Fact, Outcome, Record};
use crate::ledger::{self, Posting, Totals};
use crate::settings::Settings;

/// The desk: every folio, the ledger, and the bank behind it.
#[derive(Debug)]
pub struct Desk {
    pub(crate) settings: Settings,
    pub(crate) bank: Bank,
    folios: Table<FolioKey, Record>,
    postings: Table<u64, Posting>,
    /// One row: what the postings add up to.
    sums: Table<String, Sums>,
    /// Deposits whose reservation has not been heard of.
    pub(crate) unconfirmed: Table<FolioKey, Unconfirmed>,
}

/// A hotel and a reference.
pub(crate) type FolioKey = (String, String);

/// The ledger's running totals.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Sums {
    postings: u64,
    totals: Totals,
}

/// A deposit whose reservation has not been heard of.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Unconfirmed {
    pub(crate) charge: ChargeId,
    /// When it was charged, in milliseconds since 1970.
    pub(crate) since_ms: u64,
}

/// The bank is out of service: what follows from an event is tried again later.
#[derive(Debug, thiserror::Error)]
#[error("the bank does not answer")]
pub(crate) struct NoBank;

#[capability(contract = Payments, durable)]
impl Desk {
    #[start]
    async fn open(settings: Settings, cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            bank: Bank::new(settings.bank.clone()),
            settings,
            folios: cx.table("folios"),
            postings: cx.table("postings"),
            sums: cx.table("sums"),
            unconfirmed: cx.table("unconfirmed"),
        })
    }

    #[handle]
    async fn charge(&mut self, asked: Charge, cx: &mut Cx<Self>) -> Result<Receipt, ChargeError> {
        self.take_charge(asked, cx).await
    }

    #[handle]
    async fn refund(&mut self, asked: Refund, cx: &mut Cx<Self>) -> Result<Refunded, RefundError> {
        self.give_back(asked, cx).await
    }

    #[handle]
    async fn find_folio(&mut self, asked: FindFolio) -> Result<Folio, UnknownFolio> {
        let found = self.folios.get(&key_of(&asked.hotel, &asked.reference));
        found.map(|record| record.show()).ok_or(UnknownFolio {
            hotel: asked.hotel,
            reference: asked.reference,
        })
    }

    #[handle]
    async fn audit(&mut self, _: Audit) -> LedgerAudit {
        ledger::audit(
            self.postings.iter().map(|(_, posting)| posting),
            self.sums().totals,
            self.folios.iter().map(|(_, record)| record),
            self.unconfirmed.iter().count() as u64,
        )
    }

    #[on]
    async fn reserved(&mut self, event: Reserved) {
        let reservation = event.reservation;
        self.unconfirmed
            .remove(&key_of(&reservation.hotel, &reservation.reference));
    }

    #[on]
    async fn checked_out(&mut self, event: CheckedOut, cx: &mut Cx<Self>) -> Result<(), NoBank> {
        self.bill(&event.reservation, cx).await
    }

    #[on]
    async fn cancelled(&mut self, event: Cancelled, cx: &mut Cx<Self>) -> Result<(), NoBank> {
        self.cancel(&event.reservation, cx).await
    }

    #[on]
    async fn no_show_recorded(
        &mut self,
        event: NoShowRecorded,
        cx: &mut Cx<Self>,
    ) -> Result<(), NoBank> {
        self.no_show(&event.reservation, cx).await
    }

    #[every("1m")]
    async fn sweep(&mut self, cx: &mut Cx<Self>) {
        self.give_back_unconfirmed(cx).await;
    }
}

impl Desk {
    pub(crate) fn folio(&self, hotel: &HotelName, reference: &BookingReference) -> Record {
        self.folios
            .get(&key_of(hotel, reference))
            .unwrap_or_default()
    }

    /// Asks the bank for a guest's money.
    pub(crate) async fn collect(
        &self,
        id: &ChargeId,
        amount: Money,
        on: Day,
        cx: &Cx<Self>,
    ) -> Result<Receipt, Fault> {
        let receipt = Receipt {
            id: id.clone(),
            amount,
            on,
            bank_number: self.bank.number(id),
        };
        self.think().await;
        self.bank.take(receipt, cx.random())
    }

    /// Asks the bank to give a guest's money back.
    pub(crate) async fn pay_out(&self, cx: &Cx<Self>) -> Result<(), Fault> {
        self.think().await;
        self.bank.give_back(cx.random())
    }

    async fn think(&self) {
        let latency = self.settings.bank.latency.get();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
    }

    /// Keeps what came of a step, and makes it known.
    pub(crate) fn keep(
        &mut self,
        hotel: &HotelName,
        reference: &BookingReference,
        record: &Record,
        outcome: Outcome,
        cx: &mut Cx<Self>,
    ) {
        self.folios.insert(&key_of(hotel, reference), record);
        if !outcome.posting.entries.is_empty() {
            let mut sums = self.sums();
            self.postings.insert(&sums.postings, &outcome.posting);
            sums.postings += 1;
            ledger::add(&mut sums.totals, &outcome.posting);
            self.sums.insert(&sums_row(), &sums);
        }
        for fact in outcome.facts {
            match fact {
                Fact::Charged(event) => cx.emit(event),
                Fact::Refunded(event) => cx.emit(event),
                Fact::Declined(event) => cx.emit(event),
                Fact::Billed(event) => cx.emit(event),
            }
        }
    }

    fn sums(&self) -> Sums {
        self.sums.get(&sums_row()).unwrap_or_default()
    }
}

fn sums_row() -> String {
    "all".to_owned()
}

pub(crate) fn key_of(hotel: &HotelName, reference: &BookingReference) -> FolioKey {
    (hotel.to_string(), reference.to_string())
}
