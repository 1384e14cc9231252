//! Several processes of one application, each a node, and what an operator at one of them – or at none – sees of the others.
#![allow(clippy::panic, reason = "a test that sees something else has failed")]

mod agreement;
mod conformance;
mod far;
mod figures;
mod logs;
mod operator;
mod town;
