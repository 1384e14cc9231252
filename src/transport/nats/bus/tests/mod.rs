//! What the bus promises, on a real server. A *process* here has a connection, tasks and a bus of its own, and can be killed.

mod failure;
mod interest;
mod lost;
mod order;
mod outage;
mod publishing;
mod relay;
mod shared;
mod stage;
