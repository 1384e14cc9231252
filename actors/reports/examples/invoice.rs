//! Writes an invoice to standard output, to look at: `cargo run -p reports --example invoice -- 3 > invoice.pdf`, with
//! the number of nights.

use std::error::Error;
use std::io::{self, Write};

use payments_contract::{Bill, Guest, Money, Stay};
use reports::invoice::{Sheet, pdf};

fn main() -> Result<(), Box<dyn Error>> {
    let nights = std::env::args()
        .nth(1)
        .map_or(Ok(3), |nights| nights.parse())?;
    let stay = Stay {
        arrival: "2017-08-30".parse()?,
        nights,
    };
    let rate = Money::from_cents(14_250);
    let bill = Bill {
        hotel: "Resort Hotel".parse()?,
        reference: "B-000123-9f3a1c".parse()?,
        guest: Guest {
            name: "João Vaz de Camões".parse()?,
            email: "joao@example.com".parse()?,
        },
        room: "G".parse()?,
        stay,
        rate,
        deposit: rate,
        paid: rate.times(stay.billed_nights()) - rate,
        on: stay.departure(),
    };
    let address = [
        "Praia da Rocha 7",
        "8500-802 Portimão, Portugal",
        "+351 555 0123",
    ]
    .map(str::to_owned);
    io::stdout().write_all(&pdf(&Sheet::new(&bill, &address, 6)))?;
    Ok(())
}
