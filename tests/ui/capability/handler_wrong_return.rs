#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Cancel, Charge, Full, Payments, Reservations, Reserve};
use skep::capability;

#[derive(Default)]
struct Book;

#[capability(contract = Reservations)]
impl Book {
    #[handle]
    async fn reserve(&mut self, _message: Reserve) -> Result<String, Full> {
        Ok(String::new())
    }

    #[handle]
    async fn cancel(&mut self, _message: Cancel) -> u64 {
        0
    }
}

#[derive(Default)]
struct Desk;

#[capability(contract = Payments)]
impl Desk {
    #[handle]
    async fn charge(&mut self, _message: Charge) {}
}

fn main() {}
