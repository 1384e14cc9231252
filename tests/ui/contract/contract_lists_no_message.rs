use skep::contract;

struct Reserve;

contract! { pub Reservations v1 { Reserve } }

fn main() {}
