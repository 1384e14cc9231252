#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Charge, Payments};
use skep::capability;

use std::rc::Rc;

#[derive(Default)]
struct Desk;

#[capability(contract = Payments)]
impl Desk {
    #[handle]
    async fn charge(&mut self, message: Charge) -> Result<u64, skep::Never> {
        let cents = Rc::new(message.cents);
        std::future::ready(()).await;
        Ok(*cents)
    }

    #[every("1h")]
    async fn sweep(&mut self) {
        let nothing = Rc::new(());
        std::future::ready(()).await;
        drop(nothing);
    }
}

fn main() {}
