#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Cancel, Reservations, Reserve};
use skep::capability;

#[derive(Default)]
struct Book;

#[capability(contract = Reservations)]
impl Book {
    /// `Reserve` has an error: a plain reply says too little.
    #[handle]
    async fn reserve(&mut self, _message: Reserve) -> u64 {
        1
    }

    #[handle]
    async fn cancel(&mut self, _message: Cancel) {}
}

fn main() {}
