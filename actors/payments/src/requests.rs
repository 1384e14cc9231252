//! Charge and refund: what somebody asks for.

use payments_contract::{Charge, ChargeError, Purpose, Receipt, Refund, RefundError, Refunded};
use skep::Cx;

use crate::bank::Fault;
use crate::desk::{Desk, Unconfirmed, key_of};
use crate::folio::Fact;
use crate::sweep::millis;

impl Desk {
    pub(crate) async fn take_charge(
        &mut self,
        asked: Charge,
        cx: &mut Cx<Self>,
    ) -> Result<Receipt, ChargeError> {
        let id = &asked.id;
        let mut record = self.folio(&id.hotel, &id.reference);
        if let Some(receipt) = record.admit(&asked)? {
            return Ok(receipt);
        }
        let collected = self.collect(id, asked.amount, asked.on, cx).await;
        let receipt = collected.map_err(|fault| match fault {
            Fault::Declined { reason } => ChargeError::Declined { reason },
            Fault::OutOfService => ChargeError::BankUnavailable,
        })?;
        if id.purpose == Purpose::Deposit {
            let unconfirmed = Unconfirmed {
                charge: id.clone(),
                since_ms: millis(cx.now()),
            };
            self.unconfirmed
                .insert(&key_of(&id.hotel, &id.reference), &unconfirmed);
        }
        let outcome = record.charged(receipt.clone(), &asked.guest);
        self.keep(&id.hotel, &id.reference, &record, outcome, cx);
        Ok(receipt)
    }

    pub(crate) async fn give_back(
        &mut self,
        asked: Refund,
        cx: &mut Cx<Self>,
    ) -> Result<Refunded, RefundError> {
        let id = &asked.charge;
        let mut record = self.folio(&id.hotel, &id.reference);
        if let Some(refunded) = record.admit_refund(&asked)? {
            return Ok(refunded);
        }
        let paid_out = self.pay_out(cx).await;
        paid_out.map_err(|_| RefundError::BankUnavailable)?;
        let unknown = || RefundError::UnknownCharge { charge: id.clone() };
        let outcome = record
            .refunded(id, asked.amount, asked.on)
            .ok_or_else(unknown)?;
        let refunded = outcome.facts.iter().find_map(|fact| match fact {
            Fact::Refunded(refunded) => Some(refunded.clone()),
            Fact::Charged(_) | Fact::Declined(_) | Fact::Billed(_) => None,
        });
        self.keep(&id.hotel, &id.reference, &record, outcome, cx);
        refunded.ok_or_else(unknown)
    }
}
