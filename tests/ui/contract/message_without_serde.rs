use skep::Message;

#[derive(Message)]
struct Reserve {
    guest: String,
}

fn main() {}
