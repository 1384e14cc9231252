//! Charges, refunds and a ledger that always balances.
