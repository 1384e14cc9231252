//! Several processes of one application, each a node, and what an operator at one of them – or at none – sees of the others.

mod agreement;
mod conformance;
mod far;
mod operator;
mod town;
