//! What a user implements: capabilities, their context, tables and timers.

pub(crate) mod abort;
pub(crate) mod binder;
mod capability;
mod cx;
pub(crate) mod debts;
pub(crate) mod draft;
pub(crate) mod event_log;
mod event_shelf;
mod histogram;
pub(crate) mod layout;
pub(crate) mod meter;
pub(crate) mod outgoing;
pub(crate) mod random;
pub(crate) mod services;
mod table;
mod table_key;

pub use binder::{Binder, Group};
pub use capability::{
    Capability, Execution, Handle, HandlesAll, Kind, MessageVisitor, On, Refusal, Settings,
    StartError, Uses,
};
pub use cx::Cx;
pub use histogram::HistogramReading;
pub use meter::MeterReading;
pub use outgoing::TimerId;
pub use table::{Rows, Table};
pub use table_key::TableKey;
