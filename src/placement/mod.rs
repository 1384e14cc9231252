//! Who hosts what: the nodes into which a configuration splits an application, and what that changes.

mod node;
mod part;
mod plan;
mod reading;
mod topology;

pub use node::{Node, NodeName, NodeNameError};
pub use part::Part;
pub use plan::{Change, Edge, Hosted, Plan, PlannedNode, STAYS, Way};
pub use topology::Topology;

#[cfg(test)]
mod tests;
