//! Who sleeps where, and when: the book of one hotel.
